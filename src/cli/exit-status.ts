export const FAILED = 1;
export const BAD_INPUT = 2;
/** 128 + SIGINT, as a shell reports a program that ^C ended. */
export const INTERRUPTED = 130;
