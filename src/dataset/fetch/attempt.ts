import { size } from "../../numbers.ts";
import type { FetchLimits } from "./limits.ts";
import { retryAfter } from "../../service/request.ts";

/**
 * What came of asking an address once: its bytes, or why there are none, as the end of a sentence that begins with the
 * address. `again`: another time it may answer; `afterMs`: not before. `reached`: did a host answer at all?
 * `silent`: it could not be reached, or said nothing.
 */
export type Attempt =
  | { readonly bytes: Buffer }
  | {
      readonly problem: string;
      readonly again: boolean;
      readonly afterMs?: number;
      readonly reached: boolean;
      readonly silent?: true;
    };

/** Answers of a host that may be other ones later: too slow, too early, too many, and its own faults. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

const AGENT = "snowball-data-get (fetches a data set's images, few at a time)";

/** Asks an address for its bytes, once. Only the signal's reason is thrown. */
export async function attempt(
  url: string,
  { idleMs, totalMs, maxBytes }: Pick<FetchLimits, "idleMs" | "totalMs" | "maxBytes">,
  signal: AbortSignal,
): Promise<Attempt> {
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(), idleMs);
  const total = AbortSignal.timeout(totalMs);
  try {
    const response = await fetch(url, {
      headers: { "user-agent": AGENT, accept: "image/*,*/*;q=0.5" },
      signal: AbortSignal.any([signal, idle.signal, total]),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return refused(response);
    }
    const tooLarge = (bytes: number) =>
      ({
        problem: `has ${size(bytes)}, more than the limit of ${size(maxBytes)}`,
        again: false,
        reached: true,
      }) as const;
    const announced = Number(response.headers.get("content-length") ?? 0);
    if (announced > maxBytes) {
      await response.body?.cancel();
      return tooLarge(announced);
    }
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of response.body ?? []) {
      timer.refresh();
      parts.push(part);
      bytes += part.length;
      // Leaving the loop cancels what is still to come.
      if (bytes > maxBytes) return tooLarge(bytes);
    }
    return { bytes: Buffer.concat(parts, bytes) };
  } catch (error) {
    signal.throwIfAborted();
    if (idle.signal.aborted)
      return { problem: `said nothing for ${seconds(idleMs)}`, again: true, reached: true, silent: true };
    if (total.aborted) return { problem: `was not done after ${seconds(totalMs)}`, again: true, reached: true };
    return broken(error);
  } finally {
    clearTimeout(timer);
  }
}

function refused({ status, headers }: Response): Attempt {
  const problem = `answers with the status ${status}`;
  if (!PASSING.has(status)) return { problem, again: false, reached: true };
  const afterMs = retryAfter(headers.get("retry-after"), Date.now());
  return { problem, again: true, reached: true, ...(afterMs !== undefined && { afterMs }) };
}

/** Codes of a connection that came about and broke. */
const CUT: ReadonlySet<unknown> = new Set([
  "UND_ERR_SOCKET",
  "ECONNRESET",
  "EPIPE",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
]);

function broken(error: unknown): Attempt {
  const cause = (error as Error).cause as { code?: unknown; message?: string } | undefined;
  const code = cause?.code ?? (error as NodeJS.ErrnoException).code;
  if (CUT.has(code) || (error as Error).message === "terminated") {
    return { problem: "broke off before it was whole", again: true, reached: true };
  }
  const why = typeof code === "string" ? code : (cause?.message ?? (error as Error).message);
  // What is no address at all, or leads in circles, stays so.
  const again = typeof code === "string" && code !== "ERR_INVALID_URL";
  return { problem: `cannot be reached (${why})`, again, reached: !again, ...(again && { silent: true }) };
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
