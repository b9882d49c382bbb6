/** The file name that stands for standard input or standard output. */
export const STANDARD = '-';
