import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createImageFetcher } from "../../../../src/dataset/fetch/fetch-image.ts";
import { FETCH_LIMITS, type FetchLimits } from "../../../../src/dataset/fetch/limits.ts";
import { type Answer, imageHost, nobody, png, sends } from "../../../support/image-host.ts";
import { temporaryFolder } from "../../../support/temporary.ts";

const QUICK: FetchLimits = {
  ...FETCH_LIMITS,
  backoffMs: 5,
  idleMs: 500,
  totalMs: 5000,
  attempts: 3,
  silentAttempts: 2,
};

const image = await png(1);
const never = new AbortController().signal;

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end();

/** Sends the head and half of the body, and breaks off. */
const half: Answer = (response) => {
  response.writeHead(200, { "content-length": image.length });
  response.write(image.subarray(0, image.length / 2), () => response.destroy());
};

/** The first answer once, then the second. */
const then =
  (first: Answer, second: Answer): Answer =>
  (response, nth, request) =>
    (nth === 1 ? first : second)(response, nth, request);

async function fetched(answer: Answer, limits: Partial<FetchLimits> = {}) {
  const host = await imageHost({ "/a": answer });
  const folder = temporaryFolder();
  const fetcher = await createImageFetcher(folder, { ...QUICK, ...limits });
  const found = await fetcher(`${host.address}/a`, never);
  return { found, times: host.asked.length, files: readdirSync(folder), folder };
}

test.each([
  ["200", sends(image), 1],
  ["500, then 200", then(status(500), sends(image)), 2],
  ["429 that asks for a rest, then 200", then(status(429, { "retry-after": "1" }), sends(image)), 2],
  ["half a body, then 200", then(half, sends(image)), 2],
  ["nothing, then 200", then(() => undefined, sends(image)), 2],
  ["another type than it is", sends(image, "text/html"), 1],
])("an image is had from a host that answers %s", async (_, answer, times) => {
  const done = await fetched(answer);
  expect(done).toMatchObject({ found: { name: expect.stringMatching(/^[0-9a-f]{20}\.png$/) as string }, times });
  expect(done.files).toEqual([(done.found as { name: string }).name]);
  expect(readFileSync(join(done.folder, done.files[0]!)).equals(image)).toBe(true);
});

test.each([
  ["404", status(404), 1, "answers with the status 404"],
  ["500 every time", status(500), 3, "answers with the status 500"],
  ["429 that asks for an hour", status(429, { "retry-after": "3600" }), 1, "answers with the status 429"],
  ["half a body every time", half, 3, "broke off before it was whole"],
  ["nothing every time", () => undefined, 2, "said nothing for 0.5 s"],
  ["a page", sends("<!DOCTYPE html><p>gone</p>", "text/html"), 1, "is no image that models read (a web page)"],
  [
    "half an image as if it was whole",
    sends(image.subarray(0, image.length - 20)),
    1,
    /^is truncated|is cut off|cannot be/,
  ],
  ["an image of 1 MB", sends(Buffer.alloc(1e6)), 1, /^has \d+ kB, more than the limit of 500 kB$/],
] as const)("no image is had from a host that answers %s", async (_, answer, times, problem) => {
  const done = await fetched(answer, { maxBytes: 500_000 });
  expect(done).toMatchObject({ times, files: [] });
  expect(done.found).toMatchObject({ reached: true });
  expect((done.found as { problem: string }).problem).toMatch(problem);
});

test("a rest that a host asks for is kept by everybody who wants something of it", async () => {
  const at: number[] = [];
  const host = await imageHost({
    "/a": then(status(429, { "retry-after": "1" }), sends(image)),
    "/b": (response, nth, request) => {
      at.push(Date.now());
      sends(image)(response, nth, request);
    },
  });
  const fetcher = await createImageFetcher(temporaryFolder(), { ...QUICK, perHost: 1 });
  const begun = Date.now();
  await Promise.all(["a", "b"].map((path) => fetcher(`${host.address}/${path}`, never)));
  expect(at[0]! - begun).toBeGreaterThanOrEqual(950);
});

test("few addresses of one host at once; rows that share one ask once; what is there is not asked for", async () => {
  const host = await imageHost({ "*": (response) => void setTimeout(() => sends(image)(response, 1, undefined!), 30) });
  const folder = temporaryFolder();
  const urls = Array.from({ length: 12 }, (_, at) => `${host.address}/${at % 6}`);
  const fetcher = await createImageFetcher(folder, { ...QUICK, perHost: 2 });
  const names = await Promise.all(urls.map((url) => fetcher(url, never)));
  expect(host.most()).toBe(2);
  expect(host.asked).toHaveLength(6);
  // What a killed download leaves is no image.
  writeFileSync(join(folder, "0123456789abcdef0123.part"), image.subarray(0, 9));
  const again = await createImageFetcher(folder, QUICK);
  expect(await Promise.all(urls.map((url) => again(url, never)))).toEqual(names);
  expect(host.asked).toHaveLength(6);
});

test("what nobody answers, and what is no address", async () => {
  const fetcher = await createImageFetcher(temporaryFolder(), QUICK);
  expect(await fetcher(`${await nobody()}/a.png`, never)).toEqual({
    problem: "cannot be reached (ECONNREFUSED)",
    reached: false,
  });
  for (const url of ["a.png", "file:///etc/passwd", "ftp://x.example/a"]) {
    expect(await fetcher(url, never)).toEqual({ problem: "is no address of the web", reached: true });
  }
});

test("a host that says nothing at some addresses in a row is asked for no more, and one that speaks again is", async () => {
  const host = await imageHost({
    "/0": () => undefined,
    "/1": () => undefined,
    "/2": () => undefined,
    "/3": sends(image),
  });
  const limits = { ...QUICK, idleMs: 60, silentAttempts: 1, silentAddresses: 2 };
  const inTurn = async (...paths: readonly string[]): Promise<unknown[]> => {
    const fetcher = await createImageFetcher(temporaryFolder(), limits);
    const found = [];
    for (const path of paths) found.push(await fetcher(`${host.address}/${path}`, never));
    return found;
  };
  expect(await inTurn("0", "1", "3")).toMatchObject([
    { problem: "said nothing for 0.06 s" },
    { problem: "said nothing for 0.06 s" },
    { problem: "is of a host that said nothing at 2 addresses in a row", reached: false },
  ]);
  const spoken = await inTurn("0", "3", "1", "2");
  expect(spoken[1]).toHaveProperty("name");
  expect(spoken[3]).toMatchObject({ problem: "said nothing for 0.06 s" });
});

test.each([
  ["an answer", () => undefined],
  ["the end of a rest", status(503, { "retry-after": "60" })],
] as const)("a stop ends what waits for %s", async (_, answer) => {
  const host = await imageHost({ "/a": answer });
  const fetcher = await createImageFetcher(temporaryFolder(), { ...QUICK, idleMs: 60_000 });
  const stop = new AbortController();
  const fetching = fetcher(`${host.address}/a`, stop.signal);
  setTimeout(() => stop.abort(new Error("enough")), 50);
  await expect(fetching).rejects.toThrow("enough");
});
