mod console;
mod junit;
mod run;
