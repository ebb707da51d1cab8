import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { StepFailure } from "../../../src/failure.ts";
import { askChat } from "../../../src/service/chat.ts";
import { retryAfter } from "../../../src/service/request.ts";
import { serviceKey } from "../../../src/service/key.ts";
import { chatHost, type Reply, said } from "../../support/chat-host.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const SECRET = "sk-0123456789";
const REQUEST = { prompt: "What is there?", image: "data:image/png;base64,AAAA", maxTokens: 10 };

async function ask(reply: Reply, timeoutMs = 5000): Promise<unknown> {
  const host = await chatHost(() => reply);
  const service = { address: host.address, model: "any", key: SECRET, timeoutMs };
  try {
    return await askChat(service, REQUEST, new AbortController().signal).catch((error: unknown) => error);
  } finally {
    expect(host.seen.map(({ authorization }) => authorization)).toEqual([`Bearer ${SECRET}`]);
    host.close();
  }
}

describe("a service's answers", () => {
  test("a whole one, with what it took", async () => {
    expect(await ask({ status: 200, body: said("Hello", 0.5) })).toEqual({
      text: "Hello",
      usage: { promptTokens: 1000, completionTokens: 20, cost: 0.5 },
    });
  });

  test("busy: tried again when it says", async () => {
    const busy = await ask({ status: 429, body: "slow down", headers: { "retry-after": "7" } });
    expect(busy).toMatchObject({ type: "Infrastructure", retryAfterMs: 7000 });
  });

  test.each<[string, Reply, string]>([
    ["broken", { status: 500, body: "oops" }, "answered 500: oops"],
    ["half an answer", "half", "answered with broken JSON"],
    ["an answer of another shape", { status: 200, body: "{}" }, "answered without choices or usage"],
    ["nothing", "nothing", "did not answer in 0.2 s"],
  ])("%s: tried again", async (_, reply, message) => {
    const failure = (await ask(reply, reply === "nothing" ? 200 : 5000)) as StepFailure;
    expect(failure).toMatchObject({ type: "Infrastructure", retryAfterMs: undefined });
    expect(failure.message).toContain(message);
  });

  test("a key that is refused stops, and is not repeated", async () => {
    const failure = (await ask({ status: 401, body: `no such key: ${SECRET}` })) as StepFailure;
    expect(failure.type).toBe("BadInput");
    expect(failure.message).toContain("answered 401: no such key: …");
    expect(JSON.stringify([failure.message, failure.stack, failure.cause])).not.toContain(SECRET);
  });

  test("nobody there", async () => {
    const service = { address: "http://127.0.0.1:9/v1", model: "any", key: SECRET, timeoutMs: 5000 };
    await expect(askChat(service, REQUEST, new AbortController().signal)).rejects.toMatchObject({
      type: "Infrastructure",
    });
  });
});

test("Retry-After in seconds and as a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(
    ["120", "Thu, 01 Jan 2026 00:00:30 GMT", "Wed, 31 Dec 2025 00:00:00 GMT", "soon", null].map((header) =>
      retryAfter(header, now),
    ),
  ).toEqual([120_000, 30_000, 0, undefined, undefined]);
});

describe("the key", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("of the environment, or of a file that it names", async () => {
    vi.stubEnv("A_KEY", " one ");
    expect(await serviceKey("A_KEY")).toBe("one");
    const file = join(temporaryFolder(), "key");
    writeFileSync(file, "two\n");
    vi.stubEnv("ANOTHER_KEY_FILE", file);
    expect(await serviceKey("ANOTHER_KEY")).toBe("two");
    expect(await serviceKey(null)).toBeNull();
  });

  test("that is missing is asked for by its name", async () => {
    await expect(serviceKey("NO_SUCH_KEY")).rejects.toThrow("set NO_SUCH_KEY, or NO_SUCH_KEY_FILE, on the workers");
  });
});
