/** Opens the chosen cluster for one command, and says what is wrong in words for the person at the terminal. */
import type { ApiClient, ApiRequest } from "../../kubernetes/client.ts";
import { openCluster } from "../../kubernetes/cluster.ts";
import { isApiError } from "../../kubernetes/error.ts";
import type { CommandContext } from "../command.ts";
import type { ClusterChoice } from "../target.ts";
import { failureOf } from "./failure.ts";

export interface OpenCluster {
  readonly client: ApiClient;
  /** Of the context; where nobody names another one. */
  readonly namespace: string;
  readonly stop: AbortSignal;
  send<T>(request: ApiRequest): Promise<T>;
}

/** Rejects with `CommandFailure` for everything that an API server says. */
export async function withCluster<T>(
  { env, stop }: Pick<CommandContext, "env" | "stop">,
  choice: ClusterChoice,
  work: (cluster: OpenCluster) => Promise<T>,
): Promise<T> {
  try {
    await using client = await openCluster({ ...choice, env });
    return await work({
      client,
      namespace: client.namespace,
      stop,
      send: async (request) => client.send(request, stop),
    });
  } catch (error) {
    throw isApiError(error) ? failureOf(error) : error;
  }
}
