mod check;
mod console;
mod junit;
mod run;
