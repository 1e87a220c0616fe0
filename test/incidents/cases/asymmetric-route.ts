import type { Incident } from "../incident.ts";
import { rises, SERVICE } from "../lab.ts";

const FROM = "198.51.100.7";

export const incident: Incident = {
  title: "SYNs arrive on a device that does not lead back to their source (strict rp_filter)",
  watch: "server",
  build: async (lab) => {
    await lab.serve();
    lab.client.run("ip", ["addr", "add", `${FROM}/32`, "dev", "lo"]);
    lab.router.run("ip", ["route", "add", `${FROM}/32`, "dev", "rtc0"]);
    lab.server.run("ip", ["link", "add", "alt0", "type", "veth", "peer", "name", "alt1"]);
    for (const device of ["alt0", "alt1"]) lab.server.run("ip", ["link", "set", device, "up"]);
    lab.server.run("ip", ["route", "add", "198.51.100.0/24", "dev", "alt0"]);
    lab.sysctl("server", "ipv4/conf/srv0/rp_filter", "1");
    await lab.readyLoad();
  },
  run: async (lab) => {
    const { TcpExtIPReversePathFilter } = await rises(lab, "server", ["TcpExtIPReversePathFilter"], () =>
      lab.load({ kind: "fetch", path: "/1", connections: 25, atOnce: 5, limitMs: 300, from: FROM }),
    );
    return { drops: { syn: TcpExtIPReversePathFilter } };
  },
  expected: {
    drops: {
      syn: {
        reason: "IP_RPFILTER",
        class: "loss",
        direction: "rx",
        device: "srv0",
        service: SERVICE,
      },
    },
    answers: {
      findings: ["asymmetric-route"],
      whose: /(probably|possibly) node\[\d+\]/,
      what: /rp_filter|reverse path/i,
      why: /srv0/,
      severity: "critical",
      next: { command: /ip netns exec inc-server-\d+ ip route get 198\.51\.100\.7/, shows: /dev alt0/ },
    },
  },
};
