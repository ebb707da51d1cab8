import { StepFailure } from "../failure.ts";
import type { OpenTelemetry, Protocol } from "./otel.ts";
import { tracedBy } from "./span.ts";

/**
 * Starts tracing where OpenTelemetry's own variables ask for it, and loads nothing of it elsewhere.
 * @param service what the traces call this process, unless OTEL_SERVICE_NAME does
 * @throws {StepFailure} BadInput for a protocol or an exporter that is not spoken here
 */
export async function startTracing(service: string): Promise<OpenTelemetry | null> {
  const protocol = wantedProtocol(process.env);
  if (protocol === null) return null;
  const { openTelemetry } = await import("./otel.ts");
  const tracing = openTelemetry(service, protocol);
  tracedBy(tracing);
  return tracing;
}

/** null where nothing is traced. An empty variable counts as none, as OpenTelemetry has it. */
export function wantedProtocol(env: NodeJS.ProcessEnv): Protocol | null {
  const endpoint = env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] || env["OTEL_EXPORTER_OTLP_ENDPOINT"];
  const exporter = env["OTEL_TRACES_EXPORTER"] || (endpoint ? "otlp" : "none");
  if (exporter === "none" || env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return null;
  if (exporter !== "otlp") {
    throw new StepFailure("BadInput", `OTEL_TRACES_EXPORTER is "${exporter}"; "otlp" or "none" is needed.`);
  }
  const protocol = env["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] || env["OTEL_EXPORTER_OTLP_PROTOCOL"] || "http/protobuf";
  if (protocol === "http/json" || protocol === "http/protobuf") return protocol;
  throw new StepFailure(
    "BadInput",
    `OTEL_EXPORTER_OTLP_PROTOCOL is "${protocol}"; "http/protobuf" or "http/json" is needed, and the port that the receiver has for it.`,
  );
}
