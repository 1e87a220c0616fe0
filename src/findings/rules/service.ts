/** Connections that find nobody to talk to. */
import { plural } from "../headline.ts";
import type { DropRule, Rule } from "../rule.ts";
import { portOf } from "./services.ts";

const SERVICE_DOWN: DropRule = {
  about: "drops",
  id: "service-down",
  title: "Nobody listens",
  severity: "critical",
  needs: ["events"],
  matches: ({ reason, segments, direction }) =>
    reason === "NO_SOCKET" && segments.syn > 0 && direction !== "tx",
  together: "service",
  judge: (subject, netns) => {
    const { services, peers, segments } = subject;
    const port = portOf(subject);
    if (port === undefined) return undefined;
    const listeners = netns?.listeners?.filter((one) => one.port === port);
    const elsewhere = listeners?.map(({ address }) => address);
    return {
      certainty: netns?.listeners === undefined ? "likely" : "certain",
      text: `Nobody listens on ${services.join(", ")}: ${plural(segments.syn, "SYN")} from ${plural(peers.length, "peer")} found no socket.`,
      evidence:
        elsewhere === undefined
          ? []
          : [
              elsewhere.length === 0
                ? `No socket listened on port ${port} at the end of the run`
                : `Port ${port} is listened on at ${elsewhere.join(", ")} only`,
            ],
      next: [["ss", "-ltnp", `sport = :${port}`]],
    };
  },
  refute: "A socket that listens on this address and port in this network namespace.",
  advice: [
    { action: "Start the service, or see why it ended" },
    {
      action: "Bind it to the address that clients use",
      why: "a socket of 127.0.0.1 takes nothing from outside",
    },
  ],
  sources: ["net/ipv4/tcp_ipv4.c tcp_v4_rcv(), Linux 6.18: no_tcp_socket"],
};

export const SERVICE_RULES: readonly Rule[] = [SERVICE_DOWN];
