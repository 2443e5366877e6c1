mod gateway;
mod migration;
