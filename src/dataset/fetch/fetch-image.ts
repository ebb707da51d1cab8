import { createHash } from "node:crypto";
import { mkdir, open, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { decodeBytes } from "../../image/decode.ts";
import { extensionOf } from "../../image/extension.ts";
import { type Attempt, attempt } from "./attempt.ts";
import { createHosts, pause } from "./hosts.ts";
import type { FetchLimits } from "./limits.ts";

/** The name of a file in the folder; or why there is none, and whether a host answered at all. */
export type Fetched = { readonly name: string } | { readonly problem: string; readonly reached: boolean };

/** Fetches the image of an address into a folder, unless it is there. */
export type ImageFetcher = (url: string, signal: AbortSignal) => Promise<Fetched>;

/**
 * A fetcher into a folder. Files are called after their addresses, so that what is there is found again; they are
 * written under a name ending in .part and renamed when they are whole and decoded, so that what has its name is whole.
 * @param folder absolute; made where it is missing
 */
export async function createImageFetcher(folder: string, limits: FetchLimits): Promise<ImageFetcher> {
  await mkdir(folder, { recursive: true });
  const there = new Map(
    (await readdir(folder)).filter((name) => !name.endsWith(".part")).map((name) => [name.split(".", 1)[0]!, name]),
  );
  const hosts = createHosts(limits.perHost);
  const running = new Map<string, Promise<Fetched>>();

  async function fetchNew(url: string, stem: string, signal: AbortSignal): Promise<Fetched> {
    const address = URL.parse(url);
    if (address?.protocol !== "http:" && address?.protocol !== "https:") {
      return { problem: "is no address of the web", reached: true };
    }
    const { host } = address;
    for (let asked = 1; ; asked++) {
      if (hosts.silence(host) >= limits.silentAddresses) {
        return {
          problem: `is of a host that said nothing at ${limits.silentAddresses} addresses in a row`,
          reached: false,
        };
      }
      const came = await hosts.run(host, signal, () => ask(url, host, signal));
      if ("bytes" in came) return keep(came.bytes, stem);
      const { problem, again, afterMs = 0, reached, silent } = came;
      const attempts = silent ? limits.silentAttempts : limits.attempts;
      if (!again || asked >= attempts || afterMs > limits.longestWaitMs) {
        if (silent) hosts.heard(host, false);
        return { problem, reached };
      }
      await pause(Math.max(afterMs, limits.backoffMs * 2 ** (asked - 1)), signal);
    }
  }

  /** Asks once; who wants something of the host after it knows already whether it asked for a rest. */
  async function ask(url: string, host: string, signal: AbortSignal): Promise<Attempt> {
    const came = await attempt(url, limits, signal);
    if ("bytes" in came || !came.silent) hosts.heard(host, true);
    if ("afterMs" in came && came.afterMs !== undefined) hosts.rest(host, Math.min(came.afterMs, limits.longestWaitMs));
    return came;
  }

  async function keep(bytes: Buffer, stem: string): Promise<Fetched> {
    const extension = await extensionOf(bytes);
    if (extension === undefined) return { problem: `is no image that models read (${said(bytes)})`, reached: true };
    const decoded = await decodeBytes(bytes, limits.maxPixels);
    if (typeof decoded === "string") return { problem: decoded, reached: true };
    const name = `${stem}.${extension}`;
    const part = join(folder, `${stem}.part`);
    const file = await open(part, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, join(folder, name));
    there.set(stem, name);
    return { name };
  }

  return async (url, signal) => {
    const stem = stemOf(url);
    const name = there.get(stem);
    if (name !== undefined) return { name };
    // Rows share pictures: each is asked for once.
    const known = running.get(stem);
    if (known !== undefined) return known;
    const fetching = fetchNew(url, stem, signal);
    running.set(stem, fetching);
    return fetching;
  };
}

/** What the file of an address is called, without its ending: 80 bits of its sha256. */
function stemOf(url: string): string {
  return createHash("sha256").update(url).digest("hex").slice(0, 20);
}

function said(bytes: Buffer): string {
  return /^\s*<(?:!doctype|html|\?xml)/i.test(bytes.toString("latin1", 0, 64)) ? "a web page" : `${bytes.length} bytes`;
}
