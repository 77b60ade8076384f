// Provisional: to be overwritten by the generator with the same names and shapes.
/** Go-like duration: `500ms`, `90s`, `5m`, `24h`, `90d`, `2w`, combinations allowed. */
export type Duration = string;
export type AdapterBlock = Readonly<Record<string, unknown>>;

export interface SecretSource { name: string; env?: string; file?: string; secretRef?: { name: string; key: string } }
export interface AccountEndpoint {
  name: string; url: string; method?: "GET" | "HEAD" | "POST"; expectStatus?: number[];
  proves: "credential" | "liveness"; send?: { field: string; header: string; prefix?: string };
  allowPrivate?: boolean; timeout?: Duration;
}
export interface AllowRule { namespaces: string[]; credentials?: string[]; targets?: Record<string, string[]> }
export interface VendorAccountSpec {
  adapter: string; endpoint?: string; endpoints?: AccountEndpoint[]; auth?: SecretSource[]; headers?: SecretSource[];
  allow: AllowRule[]; twoPerson?: boolean; limits?: { concurrency?: number; requestsPerMinute?: number };
  // plus at most one adapter block under the adapter's name: postgres?, file?, random?, http?
  [adapter: string]: unknown;
}
export interface ConsumerKey { field: string; name: string; previousKey?: string }
export interface ConsumerCheck { type: "native" | "http" | "manual"; account?: string; endpoint?: string }
export interface ConsumerSpec {
  id: string; active?: boolean; account: string; keys: ConsumerKey[]; role?: "caller" | "acceptor" | "both";
  check?: ConsumerCheck; restart?: AdapterBlock; wave?: number; testSlot?: AdapterBlock; acceptsTearing?: boolean;
  [adapter: string]: unknown;
}
export interface CredentialSpec {
  credentialName: string; environment: string; exclusive?: boolean; readFrom?: string;
  issuer: { account: string; currentId?: string; [adapter: string]: unknown };
  custody?: { account: string; keys?: ConsumerKey[]; [adapter: string]: unknown };
  consumers: ConsumerSpec[];
  rotation?: {
    every?: Duration; window?: { days?: string[]; start: string; end: string }; timeZone?: string; jitter?: Duration;
    overlap?: Duration; quarantine?: Duration; strategy?: "Overlap" | "Replace"; acceptsDowntime?: boolean; failureBudget?: number;
  };
  gates?: { mint?: "Automatic" | "Approval"; revoke?: "Automatic" | "Approval" };
  drift?: { interval?: Duration; mode?: "Warn" | "Correct" | "Disabled" };
  suspend?: boolean; deletionPolicy?: "Retain" | "Revoke";
}
export interface RotationRequestSpec {
  credentialRef: { name: string }; flow: "Operational" | "Revocation" | "Testing"; expect?: "Alive" | "Dead" | "Absent";
  target?: "Current" | "Retired" | "All"; reason: string; ticket?: string; requestedBy: string;
  notBefore?: string; deadline?: string; suspend?: boolean;
}
export type DecisionAction = "Approve" | "Deny" | "Abort" | "RetryConsumers" | "ConfirmConsumer" | "SkipConsumer" | "RetryRevoke"
  | "MarkRevoked" | "RestoreRetired" | "DestroyRetired" | "ConfirmLeakResolved" | "ProvideValue" | "CorrectDrift" | "AcceptDrift";
export interface RotationDecisionSpec {
  requestRef?: { name: string }; credentialRef?: { name: string }; action: DecisionAction; gate?: "Mint" | "Revoke";
  digest?: string; consumer?: string; vendorId?: string; ticket?: string; confirm?: string; reason: string; decidedBy: string;
  sealedValue?: string;
}
export type Kind = "VendorAccount" | "Credential" | "RotationRequest" | "RotationDecision";
