/** More than this would stall the clipboard, and whoever it is pasted into. */
export const MAX_COPY_BYTES = 0x100_0000;
