import proto from "@temporalio/proto";
import type { NativeConnection } from "@temporalio/worker";
import type { Logger } from "pino";

// A CommonJS package whose names Node cannot see from outside.
const { IndexedValueType } = proto.temporal.api.enums.v1;

/** What runs can be listed by, as `temporal` calls its types. */
export const SEARCH_ATTRIBUTES = {
  SnowballStage: "Keyword",
  SnowballIteration: "Int",
  SnowballDataset: "Keyword",
  SnowballState: "Keyword",
} as const;

const TYPES = {
  Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Int: IndexedValueType.INDEXED_VALUE_TYPE_INT,
} as const;

/** How a person who may adds them. */
export function addingCommand(names: readonly string[], namespace: string): string {
  const known: Readonly<Record<string, string>> = SEARCH_ATTRIBUTES;
  const options = names.map((name) => `--name ${name} --type ${known[name]}`).join(" ");
  return `temporal operator search-attribute create --namespace ${namespace} ${options}`;
}

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
    const missing = missingFrom(customAttributes);
    if (missing.length > 0) {
      const searchAttributes = Object.fromEntries(missing.map((name) => [name, TYPES[SEARCH_ATTRIBUTES[name]]]));
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    }
    return true;
  } catch (error) {
    log.warn(
      { reason: error instanceof Error ? error.message : String(error) },
      `namespace "${namespace}" does not let us add the search attributes; runs are not listed by stage and state until whoever may does: ${addingCommand(Object.keys(SEARCH_ATTRIBUTES), namespace)}, or on Temporal Cloud in its settings; then start the workers again`,
    );
    return false;
  }
}

/** Those that a namespace does not know. */
export function missingFrom(known: Readonly<Record<string, unknown>> | null | undefined) {
  const names = Object.keys(SEARCH_ATTRIBUTES) as (keyof typeof SEARCH_ATTRIBUTES)[];
  return names.filter((name) => !(name in (known ?? {})));
}
