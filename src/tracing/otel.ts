import { createRequire } from "node:module";
import * as otel from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { detectResourcesSync, envDetectorSync, Resource } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  type OpenTelemetrySinks,
  OpenTelemetryWorkflowClientInterceptor,
} from "@temporalio/interceptors-opentelemetry";
import type { ActivityInterceptorsFactory, InjectedSinks } from "@temporalio/worker";
import type { Tracing, Traceparent } from "./span.ts";

/** How spans are sent over HTTP; the exporters read the other OTEL_* variables themselves. */
export type Protocol = "http/json" | "http/protobuf";

/** What a worker is made with, so that its workflows and steps are traced. */
export interface WorkerTracing {
  readonly activity: ActivityInterceptorsFactory;
  readonly sinks: InjectedSinks<OpenTelemetrySinks>;
  /** Bundled with the workflows. */
  readonly workflowModule: string;
}

/** OpenTelemetry in this process. */
export interface OpenTelemetry extends Tracing {
  readonly worker: WorkerTracing;
}

/** Milliseconds that a command waits at its end for a receiver that does not answer. */
const FLUSH_MS = 3_000;

/** Sends spans as OTEL_* says. That nobody takes them is told by nobody, and changes nothing. */
export function openTelemetry(service: string, protocol: Protocol): OpenTelemetry {
  const exporter = protocol === "http/json" ? new JsonExporter() : new ProtobufExporter();
  const processor = new BatchSpanProcessor(exporter);
  const own = new Resource({ "service.name": service });
  const resource = own.merge(detectResourcesSync({ detectors: [envDetectorSync] }));
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  provider.register({ contextManager: new AsyncLocalStorageContextManager().enable() });
  const tracer = provider.getTracer("snowball");
  return {
    client: { workflow: [new OpenTelemetryWorkflowClientInterceptor({ tracer })] },
    worker: {
      activity: (context) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(context, { tracer }) }),
      sinks: { exporter: makeWorkflowExporter(processor, resource) },
      workflowModule: createRequire(import.meta.url).resolve(
        "@temporalio/interceptors-opentelemetry/lib/workflow-interceptors",
      ),
    },
    current() {
      const span = otel.trace.getActiveSpan()?.spanContext();
      return span && { trace_id: span.traceId, span_id: span.spanId };
    },
    span: (name, attributes, work) =>
      tracer.startActiveSpan(name, { attributes }, async (span) => {
        try {
          return await work(traceparentOf(span));
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          span.setStatus({ code: otel.SpanStatusCode.ERROR, message });
          throw error;
        } finally {
          span.end();
        }
      }),
    async stop() {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, FLUSH_MS);
      // What could not be sent is lost: the run is the same without it.
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

function traceparentOf(span: otel.Span): Traceparent {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}
