import type { WriteStream } from "node:tty";
import { expect, test } from "vitest";
import { terminalScreen } from "../../../src/cli/screen.ts";

/** Plays the two control sequences that the screen uses, as a terminal would. */
function terminal() {
  const lines: string[] = [""];
  const write = (text: string): boolean => {
    for (const character of text.replaceAll("\u001B[1A\u001B[2K", "↑")) {
      if (character === "\n") lines.push("");
      else if (character === "↑") lines.splice(-2, 2, "");
      else lines.push((lines.pop() ?? "") + character);
    }
    return true;
  };
  return { out: { write } as WriteStream, lines };
}

test("a block is drawn over, a printed line stays above it", () => {
  const { out, lines } = terminal();
  const screen = terminalScreen(out);
  screen.print("first");
  screen.show(["a", "b", "c"]);
  expect(lines).toEqual(["first", "a", "b", "c", ""]);
  screen.show(["d"]);
  expect(lines).toEqual(["first", "d", ""]);
  screen.print("second");
  screen.show(["e", "f"]);
  expect(lines).toEqual(["first", "second", "e", "f", ""]);
  screen.clear();
  screen.clear();
  expect(lines).toEqual(["first", "second", ""]);
});
