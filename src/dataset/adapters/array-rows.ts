import { StepFailure } from "../../failure.ts";
import { type Row, RowCutter } from "./row-cutter.ts";

/** An element of the array is a row. Follows brackets and strings only; what is between them is JSON.parse's affair. */
export class ArrayRows extends RowCutter {
  private state: "before" | "first" | "comma" | "next" | "element" | "after" = "before";
  private depth = 0;
  private inString = false;
  private escaped = false;

  *take(text: string): Iterable<Row> {
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const letter = text[at]!;
      if (this.state !== "element") {
        if (/\s/.test(letter)) continue;
        this.between(letter);
        start = at;
      }
      if (this.state === "element" && this.closes(letter)) {
        this.keep(text.slice(start, at + 1));
        this.state = "comma";
        yield this.finish()!;
      }
    }
    if (this.state === "element") this.keep(text.slice(start));
  }

  // eslint-disable-next-line require-yield -- an array has no row left at its end
  *end(): Iterable<Row> {
    if (this.state === "element") throw this.broken(`, row ${this.row}: it is cut off: the file ends inside it`);
    if (this.state !== "after") throw this.broken(` is cut off after row ${this.row}: the closing ] is missing`);
  }

  private between(letter: string): void {
    if (this.state === "before" && letter === "[") this.state = "first";
    else if ((this.state === "first" || this.state === "comma") && letter === "]") this.state = "after";
    else if (this.state === "comma" && letter === ",") this.state = "next";
    else if (this.state === "first" || this.state === "next") {
      this.row++;
      if (letter !== "{") throw this.broken(`, row ${this.row}: it is not an object`);
      this.state = "element";
    } else {
      if (letter === "\0")
        throw this.broken(` has zero bytes after row ${this.row}, as if it was not written to its end`);
      const wanted = this.state === "after" ? "the file should end" : "a comma or ] is needed";
      throw this.broken(` has ${JSON.stringify(letter)} after row ${this.row}, where ${wanted}`);
    }
  }

  /** Does this character close the element? */
  private closes(letter: string): boolean {
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (letter === "\\") this.escaped = true;
      else if (letter === '"') this.inString = false;
    } else if (letter === '"') this.inString = true;
    else if (letter === "{" || letter === "[") this.depth++;
    else if (letter === "}" || letter === "]") return --this.depth === 0;
    return false;
  }

  /** The file as a whole cannot be read on: nobody knows where the next row begins. */
  private broken(what: string): StepFailure {
    return new StepFailure("BadInput", `${this.name}${what}.`);
  }
}
