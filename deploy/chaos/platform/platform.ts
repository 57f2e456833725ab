/** One process of Waybill, as its orchestrator sees it. */
export interface Instance {
  /** Of the pod or container. */
  name: string;
  service: string;
  ready: boolean;
  /** Changes when the process is replaced, whether or not the name does. */
  incarnation: string;
}

/** What runs Waybill, as thin as can be: all that is measured and decided is elsewhere. */
export interface Platform {
  readonly name: string;
  /** All processes of these services. @throws when the platform does not answer */
  instances(services: readonly string[]): Promise<Instance[]>;
  /** As near to SIGKILL without a word of warning as the platform lets one; it is to notice by itself. */
  kill(instance: Instance): Promise<void>;
  /** Replaces each process of a service, in the way that an update does; resolves when the new ones are ready. */
  roll(service: string): Promise<void>;
}
