import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { createHash } from "node:crypto";
import { expect, test, vi } from "vitest";
import { type Answer, imageHost, nobody, png, sends } from "../../support/image-host.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const PROJECT = join(import.meta.dirname, "../../..");

/** The command line in a process of its own; what the hub's library caches is the test's. */
function get(root: string, args: readonly string[], env: Record<string, string> = {}) {
  return execa(join(PROJECT, "bin/snowball"), ["data", "get", ...args], {
    cwd: root,
    env: { SNOWBALL_ROOT: root, HF_HOME: join(root, "hf"), ...env },
    reject: false,
  });
}

const rowsIn = (folder: string): { id: string; image: string }[] =>
  readFileSync(join(folder, "rows.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("killed in the middle, it goes on where it was, and asks for nothing twice that it has", async () => {
  const bytes = await Promise.all([0, 1, 2, 3, 4, 5].map(png));
  const later = new Set<string>();
  const answers = Object.fromEntries(
    bytes.map((each, at): [string, Answer] => [
      `/${at}.png`,
      (response, nth, request) => {
        // The last three come in halves, and the second half not before the kill.
        if (at < 3 || later.has("go")) sends(each)(response, nth, request);
        else response.writeHead(200, { "content-length": each.length }).write(each.subarray(0, 20));
      },
    ]),
  );
  const host = await imageHost(answers);
  const root = temporaryFolder();
  const rows = bytes.map((_, at) => ({ image_url: `${host.address}/${at}.png`, caption: `Picture ${at}.` }));
  writeFileSync(join(root, "raw.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const args = ["pixmo-cap", "--from", "raw.jsonl", "--to", "set"];
  const first = get(root, args);
  const images = join(root, "set/images");
  await vi.waitUntil(
    () =>
      existsSync(images) &&
      readdirSync(images).filter((name) => name.endsWith(".png")).length === 3 &&
      host.asked.length === 6,
    20_000,
  );
  first.kill("SIGKILL");
  await first;
  expect(existsSync(join(root, "set/rows.jsonl"))).toBe(false);

  later.add("go");
  const second = await get(root, args);
  expect(second.exitCode).toBe(0);
  expect(second.stdout).toContain("6 rows with 6 images in set/rows.jsonl (format: pixmo-cap).");
  expect(host.asked.filter((path) => ["/0.png", "/1.png", "/2.png"].includes(path))).toHaveLength(3);
  const laid = rowsIn(join(root, "set"));
  expect(laid.map(({ id }) => id)).toEqual(["1", "2", "3", "4", "5", "6"]);
  for (const [at, { image }] of laid.entries())
    expect(readFileSync(join(root, "set", image)).equals(bytes[at]!)).toBe(true);
  expect(readdirSync(join(root, "set")).toSorted()).toEqual(["images", "rows.jsonl"]);
});

const COMMIT = "a".repeat(40);

/** A hub with one data set that has these files. */
function hub(repo: string, files: Readonly<Record<string, Buffer>>) {
  const json = JSON.stringify({
    id: repo,
    sha: COMMIT,
    siblings: Object.keys(files).map((rfilename) => ({ rfilename })),
  });
  const answers: Record<string, Answer> = {};
  for (const revision of ["main", COMMIT]) {
    answers[`/api/datasets/${repo}/revision/${revision}`] = sends(json, "application/json");
  }
  for (const [name, bytes] of Object.entries(files)) {
    const etag = createHash("sha256").update(bytes).digest("hex");
    answers[`/datasets/${repo}/resolve/${COMMIT}/${name}`] = (response, _, request) => {
      response.writeHead(200, { etag: `"${etag}"`, "x-repo-commit": COMMIT, "content-length": bytes.length });
      response.end(request.method === "HEAD" ? undefined : bytes);
    };
  }
  return imageHost(answers);
}

test("a data set comes from the hub with its commit and digests, and its images become files", async () => {
  const files = {
    "test_2d.parquet": readFileSync(join(PROJECT, "test/fixtures/sets/cv-bench.parquet")),
    "README.md": Buffer.from("# CV-Bench"),
  };
  const served = await hub("nyu-visionx/CV-Bench", files);
  const root = temporaryFolder();
  const online = { HF_ENDPOINT: served.address };
  const done = await get(root, ["cv-bench", "--to", "cv"], online);
  expect(done).toMatchObject({ exitCode: 0 });
  expect(done.stdout).toContain("In a recipe: path cv/rows.jsonl, image_root cv");
  expect(rowsIn(join(root, "cv"))).toMatchObject([
    { idx: 0, answer: "(B)" },
    { idx: 1, image: "images/000002_0.png" },
  ]);
  expect(JSON.parse(readFileSync(join(root, "cv/hub/source.json"), "utf8"))).toEqual({
    repo: "nyu-visionx/CV-Bench",
    revision: COMMIT,
    files: [
      {
        name: "test_2d.parquet",
        bytes: files["test_2d.parquet"].length,
        sha256: createHash("sha256").update(files["test_2d.parquet"]).digest("hex"),
      },
    ],
  });
  // A second time it stays with the commit that is there, and fetches no file again.
  const before = served.asked.length;
  expect((await get(root, ["cv-bench", "--to", "cv"], online)).exitCode).toBe(0);
  expect(served.asked.slice(before)).toContain(`/api/datasets/nyu-visionx/CV-Bench/revision/${COMMIT}`);

  const none = await get(root, ["rlhf-v", "--to", "rlhf"], online);
  expect(none).toMatchObject({
    exitCode: 2,
    stderr: "The hub has no data set openbmb/RLHF-V-Dataset that this user may see.",
  });
});

test("without a network it says so in one sentence", async () => {
  const root = temporaryFolder();
  const done = await get(root, ["vsr", "--to", "vsr"], { HF_ENDPOINT: await nobody() });
  expect(done.exitCode).toBe(1);
  expect(done.stderr).toMatch(
    /^The hub cannot be reached for cambridgeltl\/vsr_zeroshot \([^\n]*give them with --from\.$/,
  );
});

test("what cannot be had is refused", async () => {
  const root = temporaryFolder();
  const typed = [
    [["coco", "--to", "x"], '"coco" is no data set that this version knows; plain, rlhf-v,'],
    [["plain", "--to", "x"], 'The hub\'s name of "plain" is not known, as those of rlhf-v,'],
    [["vsr", "--to", "x", "--split", "all"], 'vsr has no split "all"; it has test, dev, train.'],
    [["plain", "--to", "y", "--from", "none.jsonl"], "none.jsonl does not exist;"],
  ] as const;
  const done = await Promise.all(typed.map(([args]) => get(root, args)));
  for (const [at, [, sentence]] of typed.entries()) {
    expect(done[at]!.exitCode).toBe(2);
    expect(done[at]!.stderr).toContain(sentence);
  }
});
