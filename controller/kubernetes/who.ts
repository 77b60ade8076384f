/** Who the API server says that we are. */
import type { ApiRequest } from "./client.ts";
import { isRecord } from "./object.ts";
import { pathOf, type Resource } from "./resource.ts";

const REVIEWS: Resource = {
  group: "authentication.k8s.io",
  version: "v1",
  plural: "selfsubjectreviews",
  kind: "SelfSubjectReview",
  namespaced: false,
};

/** The name that its policies hold names against; everybody whom it knows may ask. Undefined where it does not say. Throws an ApiError. */
export async function ownName(send: (request: ApiRequest) => Promise<unknown>): Promise<string | undefined> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const answer = await send({ method: "POST", path: pathOf(REVIEWS), body });
  const status = isRecord(answer) ? answer["status"] : undefined;
  const user = isRecord(status) ? status["userInfo"] : undefined;
  const name = isRecord(user) ? user["username"] : undefined;
  return typeof name === "string" && name !== "" ? name : undefined;
}
