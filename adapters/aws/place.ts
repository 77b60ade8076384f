/** Where the services of one account are: the account's endpoint for all of them, else what the vendor publishes for the region. */
import type { AwsAccount } from "../../crds/kinds.gen.ts";
import type { AccountHandle } from "../contract.ts";

export type Service = "iam" | "sts" | "ssm" | "secretsmanager";

export interface Place {
  readonly url: string;
  /** The region that requests are signed for. IAM is one service for all regions of a partition, and at home in one of them. */
  readonly region: string;
}

export interface Places {
  /** The region that the account names. */
  readonly region: string;
  of(service: Service): Place;
}

interface Partition {
  readonly domain: string;
  readonly iam: Place;
}

const COMMERCIAL: Partition = {
  domain: "amazonaws.com",
  iam: { url: "https://iam.amazonaws.com/", region: "us-east-1" },
};
const CHINA: Partition = {
  domain: "amazonaws.com.cn",
  iam: { url: "https://iam.cn-north-1.amazonaws.com.cn/", region: "cn-north-1" },
};
const GOVERNMENT: Partition = {
  domain: "amazonaws.com",
  iam: { url: "https://iam.us-gov.amazonaws.com/", region: "us-gov-west-1" },
};

function partitionOf(region: string): Partition {
  if (region.startsWith("cn-")) return CHINA;
  return region.startsWith("us-gov-") ? GOVERNMENT : COMMERCIAL;
}

export function placesOf(account: Pick<AccountHandle, "endpoint">, { region }: AwsAccount): Places {
  const { domain, iam } = partitionOf(region);
  const given = account.endpoint === undefined ? undefined : withSlash(account.endpoint);
  return {
    region,
    of: (service) => {
      if (service === "iam") return given === undefined ? iam : { ...iam, url: given };
      return { url: given ?? `https://${service}.${region}.${domain}/`, region };
    },
  };
}

/** The path is signed as it is sent, and the client makes it end with a slash. What is no URL is left for the HTTP client to refuse. */
function withSlash(endpoint: string): string {
  const url = URL.parse(endpoint);
  if (url === null) return endpoint;
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url.href;
}
