import proto from "@temporalio/proto";
import type { NativeConnection } from "@temporalio/worker";
import type { Logger } from "pino";

// A CommonJS package whose names Node cannot see from outside.
const { IndexedValueType } = proto.temporal.api.enums.v1;

/** What runs can be listed by. */
const ATTRIBUTES = {
  SnowballStage: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  SnowballIteration: IndexedValueType.INDEXED_VALUE_TYPE_INT,
} as const;

/**
 * Makes sure that the namespace knows our search attributes, and says whether it does. Where we may not add them
 * (Temporal Cloud wants its own tool for that), runs work without: setting an unknown one would fail every workflow task.
 */
export async function registerSearchAttributes(
  connection: NativeConnection,
  namespace: string,
  log: Logger,
): Promise<boolean> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = Object.fromEntries(
      Object.entries(ATTRIBUTES).filter(([name]) => !(name in (customAttributes ?? {}))),
    );
    if (Object.keys(missing).length > 0) {
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: missing });
    }
    return true;
  } catch (error) {
    log.warn(
      { reason: error instanceof Error ? error.message : String(error) },
      `namespace "${namespace}" does not let us add the search attributes SnowballStage and SnowballIteration; runs are not listed by stage`,
    );
    return false;
  }
}
