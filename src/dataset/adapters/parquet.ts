import { isUtf8 } from "node:buffer";
import { open, stat } from "node:fs/promises";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaTree,
} from "hyparquet";
import { StepFailure } from "../../failure.ts";
import { unreadable } from "./unreadable.ts";

const MAGIC = "PAR1";

/** Bytes read at a time (1 GiB): a read of 2 GiB and more fails. */
const READ_BYTES = 1 << 30;

/** Beside snappy, which the library brings. What unpacks to more than the page says is damaged. */
const compressors = {
  GZIP: (bytes: Uint8Array, size: number) => gunzipSync(bytes, { maxOutputLength: size }),
  BROTLI: (bytes: Uint8Array, size: number) => brotliDecompressSync(bytes, { maxOutputLength: size }),
  ZSTD: (bytes: Uint8Array, size: number) => zstdDecompressSync(bytes, { maxOutputLength: size }),
};

/** A text that is none stays bytes, which its row is refused for. */
const parsers = {
  stringFromBytes: (bytes: Uint8Array | undefined) =>
    bytes && isUtf8(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8") : bytes,
};

export interface Parquet {
  /** The file as the user wrote it, for messages. */
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly SchemaTree[];
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
}

/** Is this a parquet file, by its first bytes? Throws BadInput for a file that cannot be read. */
export async function isParquet(file: string, name: string): Promise<boolean> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
      return buffer.toString("latin1", 0, bytesRead) === MAGIC;
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

/** Reads what a parquet file says about itself. */
export async function openParquet(path: string, name: string): Promise<Parquet> {
  const file = await bufferOf(path);
  const metadata = await parquetMetadataAsync(file).catch((cause: unknown) => {
    throw new StepFailure("BadInput", `${name} is cut off or damaged (${(cause as Error).message}); fetch it again.`, {
      cause,
    });
  });
  return { name, rows: Number(metadata.num_rows), columns: parquetSchema(metadata).children, file, metadata };
}

/** The file as the library asks for it; its own reader holds everything twice. */
async function bufferOf(path: string): Promise<AsyncBuffer> {
  const { size } = await stat(path);
  const slice = async (start: number, end = size): Promise<ArrayBuffer> => {
    const bytes = new Uint8Array(end - start);
    const handle = await open(path);
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesRead } = await handle.read(bytes, at, Math.min(bytes.length - at, READ_BYTES), start + at);
        if (bytesRead === 0) throw new RangeError("the file became shorter");
        at += bytesRead;
      }
    } finally {
      await handle.close();
    }
    return bytes.buffer;
  };
  return { byteLength: size, slice };
}

/** Some rows of some columns; columns that the file does not have are left out. */
export async function readParquet(
  { name, file, metadata, columns }: Parquet,
  wanted: { readonly from: number; readonly to: number; readonly columns: readonly string[]; readonly raw?: boolean },
): Promise<Record<string, unknown>[]> {
  const { from, to, raw } = wanted;
  const present = columns.map((column) => column.element.name).filter((column) => wanted.columns.includes(column));
  return parquetReadObjects({
    file,
    metadata,
    columns: present,
    rowStart: from,
    rowEnd: to,
    compressors,
    utf8: !raw,
    parsers,
    useOffsetIndex: true,
  }).catch((cause: unknown) => {
    const rows = `rows ${(from + 1).toLocaleString("en-US")} to ${to.toLocaleString("en-US")}`;
    throw new StepFailure(
      "BadInput",
      `${name}, ${rows}: they cannot be read (${(cause as Error).message}); fetch the file again, or write it with snappy or zstd.`,
      { cause },
    );
  });
}

/** The first of these columns that holds bytes where a name is needed: the images themselves. */
export function bytesColumn({ columns }: Parquet, names: readonly string[]): string | undefined {
  return columns.find((column) => names.includes(column.element.name) && leaves(column).some(isBytes))?.element.name;
}

function leaves(tree: SchemaTree): SchemaTree[] {
  return tree.children.length === 0 ? [tree] : tree.children.flatMap(leaves);
}

function isBytes({ element: { type, converted_type: converted, logical_type: logical } }: SchemaTree): boolean {
  return type === "BYTE_ARRAY" && converted === undefined && logical === undefined;
}
