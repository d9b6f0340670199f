/** Starts every line of Mocha's report, which travels through the same console as all of the workbench's messages. */
export const REPORT_MARK = '[test] ';
