//! The tests that judge a whole run.

mod bill;
mod catalog;
mod cli;
mod data;
mod explain;
mod figures;
mod golden;
mod killed;
mod laws;
mod managed_door;
mod managed_gangs;
mod naive;
mod naive_check;
mod oracle;
mod oracle_formulas;
mod oracle_station;
mod pages;
mod published;
mod rulings;
mod spot_data;
mod spot_deadline;
mod spot_oracle;
mod tape;
mod tidy;
mod traps;
mod worlds;
