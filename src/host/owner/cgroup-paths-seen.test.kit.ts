/**
 * Paths of cgroups as they were seen: on machines ("run"), or in the tests and documents of the project that is
 * named.
 */
import type { Workload } from "../../model/owner.ts";

export interface SeenPath {
  readonly seen: string;
  readonly path: string;
  /** What it must say, and what of it must be absent. */
  readonly says: Partial<Workload>;
  readonly isHelper?: true;
}

export const SEEN_PATHS: readonly SeenPath[] = [
  { seen: "run", path: "/", says: {} },
  { seen: "systemd", path: "/init.scope", says: { unit: "init.scope" } },
  { seen: "coroot", path: "/system.slice/docker.service", says: { unit: "docker.service" } },
  { seen: "coroot", path: "/system.slice/springboot.service", says: { unit: "springboot.service" } },
  {
    seen: "coroot",
    path: "/system.slice/system-postgresql.slice/postgresql@9.4-main.service",
    says: { unit: "postgresql@9.4-main.service" },
  },
  {
    seen: "coroot",
    path: "/system.slice/system-serial\\x2dgetty.slice/serial-getty@ttyS0.service",
    says: { unit: "serial-getty@ttyS0.service" },
  },
  { seen: "coroot", path: "/runtime.slice/kubelet.service", says: { unit: "kubelet.service" } },
  { seen: "public", path: "/user.slice/user-1000.slice/session-6.scope", says: { unit: "session-6.scope" } },
  {
    seen: "public (quadlet, rootless)",
    path: "/user.slice/user-1000.slice/user@1000.service/app.slice/redis.service/libpod-payload-e8c29da1a2f6c4bb032304f7dfbc5a767e026092c4a2fcbc830e58565f972f54",
    says: {
      runtime: "podman",
      containerId: "e8c29da1a2f6c4bb032304f7dfbc5a767e026092c4a2fcbc830e58565f972f54",
      unit: "redis.service",
    },
  },
  {
    seen: "podman rootless",
    path: "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-7951fb549ab99e0722a949b6c121634e1f3a36b5bacbe5392991e3b12251e6b8.scope/container",
    says: {
      runtime: "podman",
      containerId: "7951fb549ab99e0722a949b6c121634e1f3a36b5bacbe5392991e3b12251e6b8",
    },
  },
  {
    seen: "run: docker 20.10 cgroupfs",
    path: "/docker/7deceb33f87787996a1a0611698d4719203a9fcab5a2d750c1189f10099f30e7",
    says: {
      runtime: "docker",
      containerId: "7deceb33f87787996a1a0611698d4719203a9fcab5a2d750c1189f10099f30e7",
    },
  },
  {
    seen: "coroot",
    path: "/docker/63425c4a8b4291744a79dd9011fddc7a1f8ffda61f65d72196aa01d00cae2e2d",
    says: { runtime: "docker" },
  },
  {
    seen: "coroot",
    path: "/system.slice/docker-cf87ba651579c9231db817909e7865e5747bd7abcac0c57ce23cf4abbaee046b.scope",
    says: {
      runtime: "docker",
      containerId: "cf87ba651579c9231db817909e7865e5747bd7abcac0c57ce23cf4abbaee046b",
    },
  },
  {
    seen: "falco",
    path: "/docker.slice/docker-7951fb549ab99e0722a949b6c121634e1f3a36b5bacbe5392991e3b12251e6b8.scope",
    says: { runtime: "docker" },
  },
  {
    seen: "public (nomad 1.3-1.6)",
    path: "/nomad.slice/docker-7951fb549ab99e0722a949b6c121634e1f3a36b5bacbe5392991e3b12251e6b8.scope",
    says: { runtime: "docker" },
  },
  {
    seen: "hashicorp/nomad e2e",
    path: "/nomad.slice/share.slice/4744f0ea-7616-ab3a-a420-8e25056e3861.sleep.scope",
    says: { runtime: "nomad", containerId: "4744f0ea-7616-ab3a-a420-8e25056e3861" },
  },
  {
    seen: "public",
    path: "/machine.slice/libpod-55ea3863351726184e26ca7418f577d04c96dac0009e1f088f6c0c7a1dc2ed7c.scope",
    says: {
      runtime: "podman",
      containerId: "55ea3863351726184e26ca7418f577d04c96dac0009e1f088f6c0c7a1dc2ed7c",
    },
  },
  {
    seen: "crun",
    path: "/machine.slice/libpod-55ea3863351726184e26ca7418f577d04c96dac0009e1f088f6c0c7a1dc2ed7c.scope/container",
    says: { runtime: "podman" },
  },
  {
    seen: "run: podman 4.3 cgroupfs",
    path: "/libpod_parent/libpod-08e7284a6378e73a85ab7a57d1795dade3f319b3e2a56d345b6c498d75e82da0",
    says: {
      runtime: "podman",
      containerId: "08e7284a6378e73a85ab7a57d1795dade3f319b3e2a56d345b6c498d75e82da0",
    },
  },
  {
    seen: "podman",
    path: "/machine.slice/libpod-conmon-55ea3863351726184e26ca7418f577d04c96dac0009e1f088f6c0c7a1dc2ed7c.scope",
    says: { containerId: undefined },
    isHelper: true,
  },
  {
    seen: "public (quadlet)",
    path: "/system.slice/nginx.service/libpod-payload-9687bac58d5c4d1606aa46af33d1a21c1d1652e0ac9fb3fc0fc86e3495f42869",
    says: { runtime: "podman", unit: "nginx.service" },
  },
  {
    seen: "falco",
    path: "/system.slice/system-ceph-f952f5be-565c-11f0-ab72-0affea283157.slice/ceph-f952f5be-565c-11f0-ab72-0affea283157@mon.ip-10-0-25-96.service/libpod-payload-9cc35a907a1e4e7ac8c021758b2bb28db60b3a787115f9114a641bf44f8ba99b",
    says: {
      runtime: "podman",
      containerId: "9cc35a907a1e4e7ac8c021758b2bb28db60b3a787115f9114a641bf44f8ba99b",
      unit: "ceph-f952f5be-565c-11f0-ab72-0affea283157@mon.ip-10-0-25-96.service",
    },
  },
  {
    seen: "run: containerd 1.6 CRI, cgroupfs",
    path: "/kubepods/burstable/podaaaabbbb-1111-2222-3333-444455556666/c1d0f0a87b89842f444bb1a3dfe0c62b678369b3c6bdeb4d8c6534feaf27a3fa",
    says: {
      containerId: "c1d0f0a87b89842f444bb1a3dfe0c62b678369b3c6bdeb4d8c6534feaf27a3fa",
      podUid: "aaaabbbb-1111-2222-3333-444455556666",
      runtime: undefined,
    },
  },
  {
    seen: "coroot",
    path: "/kubepods/burstable/pod6a4ce4a0-ba47-11ea-b2a7-0cc47ac5979e/17db96a24ae1e9dd57143e62b1cb0d2d35e693c65c774c7470e87b0572e07c1a",
    says: { podUid: "6a4ce4a0-ba47-11ea-b2a7-0cc47ac5979e" },
  },
  {
    seen: "coroot (static pod)",
    path: "/kubepods/burstable/pod9729a196c4723b60ab401eaff722982d/d166c6190614efc91956b78e96d74c3fbc96ca8e91948c36de3bc5b0e7b27d48",
    says: { podUid: "9729a196c4723b60ab401eaff722982d" },
  },
  {
    seen: "coroot",
    path: "/kubepods/besteffort/pod0d08203e-255a-11e9-8cd9-0007cb0b2cc8/671a50f5d60566556912f61511d0ec9e4d5c78d53fbc4676727180438bbbbc55/kube-proxy",
    says: { containerId: "671a50f5d60566556912f61511d0ec9e4d5c78d53fbc4676727180438bbbbc55" },
  },
  {
    seen: "coroot (guaranteed)",
    path: "/kubepods/poda38c12e8-255a-11e9-8cd9-0007cb0b2cc8/32c562ed81a2622b37b80cb216859820ba51bd694f60ee4cf10d07a4011266f8",
    says: { podUid: "a38c12e8-255a-11e9-8cd9-0007cb0b2cc8" },
  },
  {
    seen: "coroot",
    path: "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod8712f785_1a3e_41ec_a00b_e2dcc77431cb.slice/docker-73051af271105c07e1f493b34856a77e665e3b0b4fc72f76c807dfbffeb881bd.scope",
    says: { runtime: "docker", podUid: "8712f785-1a3e-41ec-a00b-e2dcc77431cb" },
  },
  {
    seen: "coroot",
    path: "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3e61c214bc3ed9ff81e21474dd6cba17.slice/cri-containerd-c74b0f5062f0bc726cae1e9369ad4a95deed6b298d247f0407475adb23fa3190",
    says: { runtime: "containerd", podUid: "3e61c214bc3ed9ff81e21474dd6cba17" },
  },
  {
    seen: "k8s systemd driver, guaranteed",
    path: "/kubepods.slice/kubepods-pod5b26dae3_0b5a_4f2e_a7b1_6f0c0ffbc0a1.slice/cri-containerd-10ec3c89629f71226b227e6510b2d465168b24005bbdcc5d7940517080830635.scope",
    says: { runtime: "containerd", podUid: "5b26dae3-0b5a-4f2e-a7b1-6f0c0ffbc0a1" },
  },
  {
    seen: "coroot",
    path: "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podea19ff5d_943a_4466_a07e_a71e9e50cc62.slice/crio-21572039dd8398ff8272b031fa5422a40165145ab37f2f8794e1e7f844fe8118.scope/container",
    says: {
      runtime: "cri-o",
      containerId: "21572039dd8398ff8272b031fa5422a40165145ab37f2f8794e1e7f844fe8118",
    },
  },
  {
    seen: "kubernetes e2e_node",
    path: "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0b7632a2_a56e_4278_987a_22de18008dbe.slice/crio-conmon-0bc5eac79e3ae7a0c2651f14722aa10fa333eb2325c2ca97da33aa284cda81b0.scope",
    says: { containerId: undefined },
    isHelper: true,
  },
  {
    seen: "coroot",
    path: "/kubepods/poda48c12e8-255a-11e9-8cd9-0007cb0b2cc8/crio-63425c4a8b4291744a79dd9011fddc7a1f8ffda61f65d72196aa01d00cae2e2e",
    says: { runtime: "cri-o" },
  },
  {
    seen: "coroot, falco",
    path: "/system.slice/containerd.service/kubepods-burstable-pod4ed02c0b_0df8_4d14_a30e_fd589ee4143a.slice:cri-containerd:d4a9f9195eaf7e4a729f24151101e1de61f1398677e7b82acfb936dff0b4ce55",
    says: {
      runtime: "containerd",
      podUid: "4ed02c0b-0df8-4d14-a30e-fd589ee4143a",
      containerId: "d4a9f9195eaf7e4a729f24151101e1de61f1398677e7b82acfb936dff0b4ce55",
    },
  },
  {
    seen: "public (kind, systemd)",
    path: "/system.slice/docker-4cc818a75eb691c5efb9c943b0c3a26ec8e0a05acb60bef4717315e65d671774.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod12fdc709_933e_41d0_917f_cd84de9afa94.slice/cri-containerd-c46bafd57b2ef55a23c1319893c8aa5bfca24872bd95258700a51059941fb69e.scope",
    says: {
      runtime: "containerd",
      containerId: "c46bafd57b2ef55a23c1319893c8aa5bfca24872bd95258700a51059941fb69e",
      podUid: "12fdc709-933e-41d0-917f-cd84de9afa94",
      containerOuter: "4cc818a75eb691c5efb9c943b0c3a26ec8e0a05acb60bef4717315e65d671774",
    },
  },
  {
    seen: "public (kind, cgroupfs)",
    path: "/docker/4cc818a75eb691c5efb9c943b0c3a26ec8e0a05acb60bef4717315e65d671774/kubelet/kubepods/pod4841248b-fc2f-41f4-9981-a685bf840ab5/d8f227cc24940cfdce8d8e601f3b92242ac9661b0e83f0ea57fdea1cb6bc93ec",
    says: {
      containerId: "d8f227cc24940cfdce8d8e601f3b92242ac9661b0e83f0ea57fdea1cb6bc93ec",
      containerOuter: "4cc818a75eb691c5efb9c943b0c3a26ec8e0a05acb60bef4717315e65d671774",
      podUid: "4841248b-fc2f-41f4-9981-a685bf840ab5",
    },
  },
  {
    seen: "coroot",
    path: "/lxc/mysql-primary-db",
    says: { runtime: "lxc", containerId: "mysql-primary-db", container: "mysql-primary-db" },
  },
  {
    seen: "lxc 4+, incus",
    path: "/lxc.payload.openwrt/system.slice/dnsmasq.service",
    says: { runtime: "lxc", containerId: "openwrt", container: "openwrt", unit: "dnsmasq.service" },
  },
  {
    seen: "systemd-nspawn",
    path: "/machine.slice/machine-web.scope/payload",
    says: { runtime: "nspawn", containerId: "web", container: "web" },
  },
  {
    seen: "public (libvirt)",
    path: "/machine.slice/machine-qemu\\x2d3\\x2dweb\\x2d01.scope/libvirt/emulator",
    says: { runtime: "qemu", containerId: "web-01", container: "web-01" },
  },
  {
    seen: "datadog-agent regexp (fargate)",
    path: "/ecs/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-1234567890",
    says: { runtime: "ecs", containerId: "0123456789abcdef0123456789abcdef-1234567890" },
  },
  {
    seen: "datadog-agent regexp",
    path: "/garden/6f265890-5165-7fab-6b52-18d1a1b2c3d4",
    says: { runtime: "garden", containerId: "6f265890-5165-7fab-6b52-18d1a1b2c3d4" },
  },
  {
    seen: "kata-containers",
    path: "/kata_overhead/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    says: {},
    isHelper: true,
  },
  { seen: "coroot (talos)", path: "/podruntime/kubelet", says: { containerId: undefined, unit: undefined } },
  {
    seen: "falco",
    path: "/user.slice/user-1000.slice/user@1000.service/init.scope",
    says: { containerId: undefined, unit: "init.scope" },
  },
  {
    seen: "falco (not hex)",
    path: "/user.slice/user-1000.slice/user@1000.service/libpod-1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdefg",
    says: { containerId: undefined },
  },
  {
    seen: "datadog-agent (.mount)",
    path: "/system.slice/var-lib-docker-overlay2-7951fb549ab99e0722a949b6c121634e1f3a36b5bacbe5392991e3b12251e6b8-merged.mount",
    says: { containerId: undefined },
  },
  {
    seen: "seen from a cgroup namespace",
    path: "/../../system.slice/ssh.service",
    says: { unit: "ssh.service" },
  },
  {
    seen: "neuvector",
    path: "/4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970",
    says: {
      containerId: "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970",
      runtime: undefined,
    },
  },
];
