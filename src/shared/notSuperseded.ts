/** What is said where a person asks for the record that superseded another, and there is none. */
export const NOT_SUPERSEDED = 'No record supersedes this one: it is the newest of its key.';
