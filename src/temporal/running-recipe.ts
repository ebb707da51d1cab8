import { type Client, defaultPayloadConverter } from "@temporalio/client";

/** The recipe that the newest execution of a run was started with, as it was given; undefined when it had none. */
export async function runningRecipe(client: Client, name: string): Promise<unknown> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: name },
    // The input stands in the first event; a long history stays where it is.
    maximumPageSize: 1,
  });
  const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  return payload ? defaultPayloadConverter.fromPayload<unknown>(payload) : undefined;
}
