import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { array, prepared, UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { DEFAULT_PREFERENCES, type Preferences } from '../domain/preferences.js';
import { Preference } from './preference.entity.js';

const OF_ALL = prepared(
  `SELECT user_id AS "userId", phone, kinds FROM preferences WHERE user_id = ANY (${array('$1', 'uuid')})`,
);

@Injectable()
export class PreferenceStore {
  constructor(
    private readonly uow: UnitOfWork,
    @InjectRepository(Preference, 'notifications') private readonly preferences: Repository<Preference>,
  ) {}

  async of(userId: string): Promise<Preferences> {
    return (await this.preferences.findOneBy({ userId })) ?? DEFAULT_PREFERENCES;
  }

  /** Those of several users; who chose nothing is left out. */
  async ofAll(userIds: readonly string[]): Promise<Map<string, Preferences>> {
    if (userIds.length === 0) return new Map();
    const rows = await this.uow.rows<Preferences & { userId: string }>(OF_ALL, [userIds]);
    return new Map(rows.map((row) => [row.userId, row]));
  }

  async replace(userId: string, { phone, kinds }: Preferences): Promise<void> {
    await this.preferences.upsert({ userId, phone, kinds, updatedAt: new Date() }, ['userId']);
  }
}
