import { UNPACK } from "../image-names.ts";

/**
 * Characters of one row. A question is some hundred; a larger row is an embedded file or a broken one. The limit is why
 * rows are cut out here and not by a JSON parser: those hold a row in memory before its size can be asked.
 */
export const MAX_ROW_LENGTH = 1_000_000;

/** Enough digits in a row for a whole number that JavaScript would round, as ids of 64 bits are. */
const LONG_NUMBER = /\d{16}/;

/** Parses JSON; an id that JavaScript would round comes as BigInt. */
function exactly(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  return JSON.parse(text, (name: string, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source ?? "";
    return name === "id" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value;
  });
}

/** A row of a file, or what is wrong with it; counted from 1: the place in the array, or the line. */
export type Row = { readonly row: number } & ({ readonly value: unknown } | { readonly problem: string });

/** Cuts rows out of a file's text as it comes in. What is wrong with the file as a whole is thrown. */
export abstract class RowCutter {
  protected row = 0;
  private readonly parts: string[] = [];
  private length = 0;
  protected readonly name: string;
  private readonly longest: number;

  /**
   * @param name the file as the user wrote it, for messages
   * @param longest characters from which on a row is refused
   */
  constructor(name: string, longest: number) {
    this.name = name;
    this.longest = longest;
  }

  abstract take(text: string): Iterable<Row>;
  abstract end(): Iterable<Row>;

  /** Adds to the row that is being read. Of a row that is too long only its length is kept. */
  protected keep(part: string): void {
    this.length += part.length;
    if (this.length <= this.longest) this.parts.push(part);
    else this.parts.length = 0;
  }

  /** The row that was read; undefined for one without text. */
  protected finish(): Row | undefined {
    const { length } = this;
    const text = this.parts.join("");
    this.parts.length = 0;
    this.length = 0;
    if (length > this.longest) return this.bad(`it is longer than ${this.longest} characters; ${UNPACK}`);
    return text.trim() === "" ? undefined : this.parsed(text);
  }

  protected bad(problem: string): Row {
    return { row: this.row, problem };
  }

  private parsed(text: string): Row {
    try {
      return { row: this.row, value: exactly(text) };
    } catch (error) {
      if (text.includes("\0")) return this.bad("it has zero bytes, as a file that was not written to its end");
      return this.bad(`it is not JSON (${(error as SyntaxError).message})`);
    }
  }
}
