/** What an API server said, as what happened, what is still fine, and what to do next. Pure. */
import type { ApiError } from "../../kubernetes/error.ts";
import { CommandFailure, type FailureText } from "../failure.ts";
import { printable } from "../output.ts";

const NOTHING = "Nothing was changed, and rotations go on as before.";

export function failureOf(error: ApiError): CommandFailure {
  return new CommandFailure(textOf(error));
}

function textOf(error: ApiError): FailureText {
  const { status, message } = error;
  if (status === undefined) return unanswered(error);
  if (isPolicy(error)) return byPolicy(error);
  if (status === 403) return forbidden(message);
  if (status === 401) return unauthorized(message);
  if (status === 409) return taken(message);
  if (status === 422 || status === 400) return invalid(error);
  return {
    happened: printable(said(message)),
    stillFine: NOTHING,
    next: error.remedy ?? "Run it again; see `velvet doctor`.",
  };
}

function unanswered({ message, remedy }: ApiError): FailureText {
  return {
    happened: printable(message),
    stillFine: "Rotations go on: the controller needs no terminal.",
    next: remedy ?? "See with kubectl version whether the API server answers.",
  };
}

/** An admission policy says it with its own name and message. */
function isPolicy({ message }: ApiError): boolean {
  return /ValidatingAdmissionPolicy '[^']+' with binding/.test(message);
}

function byPolicy({ message }: ApiError): FailureText {
  const [, policy = "", why = said(message)] =
    /ValidatingAdmissionPolicy '([^']+)' with binding '[^']*' denied request: (.*)$/.exec(message) ?? [];
  return {
    happened: printable(`The cluster's policy ${policy} refused it: ${why}`),
    stillFine: NOTHING,
    next: "What the policy asks for stands in its message; who may what is for a cluster administrator to say.",
  };
}

/** `User "ana" cannot create resource "rotationdecisions" in API group "velvet.raxx.app" in the namespace "orders"`. */
function forbidden(message: string): FailureText {
  const [, who = "You", verb = "do this with", resource = "it", place = ""] =
    /User "([^"]*)" cannot (\S+) resource "([^"]*)" in API group "[^"]*"(?: (in the namespace "[^"]*"|at the cluster scope))?/.exec(
      message,
    ) ?? [];
  return {
    happened: printable(`${who} may not ${verb} ${resource}${place === "" ? "" : ` ${place}`}.`),
    stillFine: NOTHING,
    next: granted(roleFor(verb, resource), place === "at the cluster scope", `kubectl auth can-i ${verb} ${resource}`),
  };
}

function granted(role: string, everywhere: boolean, question: string): string {
  if (everywhere) return `Name one namespace with -n; for all of them a cluster administrator binds the ClusterRole ${role} with a ClusterRoleBinding.`; // prettier-ignore
  return `A cluster administrator grants it, with a RoleBinding to the ClusterRole ${role}; ${question} tells when it is so.`;
}

/** The chart's role that lets this person do it. */
export function roleFor(verb: string, resource: string): string {
  if (["get", "list", "watch"].includes(verb)) return "velvet-viewer";
  if (resource.startsWith("vendoraccounts")) return "velvet-operator";
  return resource.startsWith("rotationdecisions") ? "velvet-approver" : "velvet-requester";
}

function unauthorized(message: string): FailureText {
  return {
    happened: printable(`The API server does not know who you are. ${said(message)}`),
    stillFine: NOTHING,
    next: "Renew the credential that the kubeconfig's context names, as with kubectl.",
  };
}

function taken(message: string): FailureText {
  return {
    happened: printable(said(message)),
    stillFine: "It was not touched: requests and decisions are immutable, and their names are used once.",
    next: "Give this one another name with --name.",
  };
}

function invalid({ message, causes }: ApiError): FailureText {
  const fields = causes.map((cause) => `  ${cause.field}: ${cause.message}`);
  return {
    happened: [said(message), ...(fields.length > 1 ? fields : [])].map(printable).join("\n"),
    stillFine: "Nothing was created.",
    next: "Correct the options above.",
  };
}

/** Without the request in front, which says nothing to a person. */
function said(message: string): string {
  return message.replace(/^[A-Z]+ \/\S+: \d{3}: /, "");
}
