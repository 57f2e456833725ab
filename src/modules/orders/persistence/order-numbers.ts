import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../common/persistence/unit-of-work.js';

const BLOCK = 100;

/**
 * Order numbers such as WB-2026-000123, unique and roughly in order. A process takes them in blocks; those that
 * are left when it ends are never used.
 */
@Injectable()
export class OrderNumbers {
  private next = 0;
  private end = 0;
  private refill: Promise<void> | null = null;

  constructor(private readonly uow: UnitOfWork) {}

  async take(year: number): Promise<string> {
    while (this.next >= this.end) {
      this.refill ??= this.takeBlock().finally(() => {
        this.refill = null;
      });
      await this.refill;
    }
    const number = this.next++;
    return `WB-${year}-${String(number).padStart(6, '0')}`;
  }

  private async takeBlock(): Promise<void> {
    const [row] = await this.uow.rows<{ block: string }>("SELECT nextval('order_number_blocks') AS block");
    this.next = (Number(row?.block) - 1) * BLOCK + 1;
    this.end = this.next + BLOCK;
  }
}
