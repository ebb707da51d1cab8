import type { WriteStream } from "node:tty";

/** Where a watched run is shown: lines that stay, and a block below them that changes. */
export interface Screen {
  /** Prints a line that stays. */
  print(line: string): void;
  /** Shows the block in place of the one before. */
  show(block: readonly string[]): void;
  /** Takes the block away; the next line is printed where it stood. */
  clear(): void;
}

const UP_AND_CLEAR = "\u001B[1A\u001B[2K";

/** A terminal: the block is drawn over. */
export function terminalScreen(out: WriteStream): Screen {
  let height = 0;
  const clear = (): void => {
    out.write(UP_AND_CLEAR.repeat(height));
    height = 0;
  };
  return {
    print(line) {
      clear();
      out.write(`${line}\n`);
    },
    show(block) {
      // One write, so that the terminal never shows the moment between the old block and the new.
      out.write(UP_AND_CLEAR.repeat(height) + block.map((line) => `${line}\n`).join(""));
      height = block.length;
    },
    clear,
  };
}
