/** The errors of a request that the API server did not answer, or not as an API server does. */
import { ApiError } from "./error.ts";

/** What was asked, as far as an error may show it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
}

export function overdue({ method, path }: Asked): ApiError {
  return new ApiError(`${method} ${path}: the API server did not answer in time.`, {
    reason: "ClusterTimeout",
    remedy: "Check how busy the API server is; it is tried again by itself where something waits for it.",
  });
}

export function tooLarge({ method, path }: Asked): ApiError {
  return new ApiError(`${method} ${path}: the answer is larger than is read.`, {
    reason: "ClusterAnswerTooLarge",
    remedy: "Look for objects of this kind that are larger than a mebibyte.",
  });
}

export function unreadable({ method, path }: Asked, status: number | undefined): ApiError {
  return new ApiError(`${method} ${path}: the answer is not what an API server says.`, {
    status,
    reason: "ClusterAnswerUnreadable",
    remedy: "Check that the kubeconfig's server is an API server, and what proxies stand before it.",
  });
}

export function redirected({ method, path }: Asked, status: number): ApiError {
  return new ApiError(`${method} ${path}: answered with a redirect (${status}), which is not followed.`, {
    status,
    reason: "ClusterRedirects",
    remedy: "Let the kubeconfig name the server that it is redirected to.",
  });
}

export function closed(): ApiError {
  return new ApiError("The client of the API server is closed.", { reason: "ClusterUnreachable" });
}

/** The error of a broken connection; of the connection's own error only its short code is kept. */
export function unreachable(error: unknown, server: URL): ApiError {
  const code = codeOf(error);
  return new ApiError(`The API server ${server.origin} cannot be reached (${code ?? "the connection broke"}).`, {
    reason: "ClusterUnreachable",
    code,
    remedy: isCertificate(code)
      ? "Let the kubeconfig name the authority that signed the API server's certificate, and the server by a name in it."
      : "Check that the API server runs and can be reached from here, for example with kubectl version.",
  });
}

function isCertificate(code: string | undefined): boolean {
  return code !== undefined && /CERT|SIGNATURE|ALTNAME|TLS|SSL/.test(code);
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const { code } = error;
  return typeof code === "string" && /^[A-Z0-9_]{1,64}$/.test(code) ? code : undefined;
}
