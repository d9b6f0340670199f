/** Where VS Code would see the address of a link; wider than what it takes now, in case it comes to take more. */
const LINK_ADDRESS = /\]\((?=[a-z][a-z\d+.-]*:)/gi;

/**
 * A message with no link in it. In notifications and below input boxes VS Code makes one of `[text](command:id)`, and a
 * click runs the command; but keys, and names of stores, come from whoever made the store. The parenthesis is written as
 * keys write a byte: a key that is copied from the message is still that key, which no invisible separator would leave
 * it.
 */
export function withoutLinks(message: string): string {
  return message.replaceAll(LINK_ADDRESS, ']\\x28');
}
