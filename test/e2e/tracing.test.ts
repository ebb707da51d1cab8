import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Worker } from "@temporalio/worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { workflowBundle } from "../../src/temporal/bundle.ts";
import { openTelemetry } from "../../src/tracing/otel.ts";
import { snowballWith } from "../harness/command.ts";
import { KEPT, readHistories } from "../harness/histories.ts";
import { newRoot, simulatedRecipe } from "../harness/world.ts";

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}

interface Sent {
  readonly resourceSpans: {
    readonly resource: { readonly attributes: { readonly key: string; readonly value: { stringValue?: string } }[] };
    readonly scopeSpans: { readonly spans: Span[] }[];
  }[];
}

/** What a receiver of OTLP over HTTP was sent, and by which services. */
const spans: Span[] = [];
const services = new Set<string | undefined>();
const receiver = createServer((request, response) => {
  void text(request).then((body) => {
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
    for (const { resource, scopeSpans } of (JSON.parse(body) as Sent).resourceSpans) {
      services.add(resource.attributes.find(({ key }) => key === "service.name")?.value.stringValue);
      spans.push(...scopeSpans.flatMap((scope) => scope.spans));
    }
  });
});
const root = newRoot();

beforeAll(() => new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve)));
afterAll(() => {
  receiver.close();
  rmSync(root, { recursive: true });
});

/** The span and those above it, by their names, the topmost last. */
function upwards(span: Span): string[] {
  const above = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [span.name, ...(above === undefined ? [] : upwards(above))];
}

test("a run is one trace, from the command to the runner", async () => {
  // A runner that says how it was called; it dies once, and is done then.
  const runner = join(root, "runner.sh");
  const called = join(root, "called");
  writeFileSync(
    runner,
    `#!/bin/sh\n[ -e '${called}' ] || dies=1\necho "$TRACEPARENT" >>'${called}'\n[ -z "$dies" ] || exit 1\necho '{"event":"done","metrics":{}}'\n`,
  );
  chmodSync(runner, 0o755);
  const small = { loop: { num_iterations: 1 }, data: { max_samples: 8, held_out: { val: 4, test: 4 } } };
  const recipe = { ...simulatedRecipe("traced", small), track: { to: "trackio", pictures: 0 } };
  writeFileSync(join(root, "traced.json"), JSON.stringify(recipe));
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    SNOWBALL_TRACKERS_PYTHON: runner,
  };
  const { exitCode, all } = await snowballWith(env, root, "run", "traced.json");
  expect(exitCode, all).toBe(0);

  expect(services).toEqual(new Set(["snowball", "snowball-worker"]));
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const [ran] = spans.filter(({ name }) => name === "runner tracker");
  expect(upwards(ran!)).toEqual([
    "runner tracker",
    "RunActivity:track",
    "StartActivity:track",
    "RunWorkflow:snowball",
    "StartWorkflow:snowball",
    "snowball run",
  ]);
  const child = spans.find(({ name }) => name === "RunActivity:rolloutChunk");
  expect(upwards(child!)).toContain("RunWorkflow:labelQuestions");
  expect(readFileSync(called, "utf8")).toContain(`00-${ran!.traceId}-${ran!.spanId}-01`);
  // The line of the death says which span it belongs to.
  expect(readFileSync(join(root, ".snowball/worker.log"), "utf8")).toContain(`"trace_id":"${ran!.traceId}"`);
});

test("runs that were begun without tracing go on with it", async () => {
  const { workflowModule, sinks } = openTelemetry("replay", "http/json").worker;
  const options = { workflowBundle: await workflowBundle(undefined, workflowModule), sinks };
  const failed = [];
  for await (const { error } of Worker.runReplayHistories(options, readHistories(KEPT))) if (error) failed.push(error);
  expect(failed).toEqual([]);
});

test("what is not spoken is said before anything starts", async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" };
  const { exitCode, all } = await snowballWith(env, root, "list");
  expect([exitCode, all]).toEqual([
    2,
    'OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"; "http/protobuf" or "http/json" is needed, and the port that the receiver has for it.',
  ]);
});
