import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Preferences } from '../domain/preferences.js';

/** What a user chose; there is no row for who chose nothing. */
@Entity('preferences')
export class Preference {
  @PrimaryColumn('uuid', { name: 'user_id' })
  userId!: string;

  @Column('text', { nullable: true })
  phone!: string | null;

  @Column('jsonb')
  kinds!: Preferences['kinds'];

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
