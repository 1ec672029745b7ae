//! Each production of the grammar has an expression that means something else, or nothing, without it.

use lat_io::{SpacecraftFile, SpacecraftRow};

use super::program::Filter;

/// The value of a filter in the one row of a file: `START` 300000000, `STOP` 300000030, `LIVETIME` 27, `IN_SAA` F, `LAT_CONFIG` and `DATA_QUAL` 1,
/// `RA_ZENITH` 80, `DEC_ZENITH` 0.
fn value(text: &str) -> Result<bool, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spacecraft.fits");
    let [z_axis, x_axis, zenith] = [[80.0, 30.0], [170.0, 0.0], [80.0, 0.0]];
    let row = SpacecraftRow { start: 3e8, stop: 3e8 + 30.0, livetime: 27.0, z_axis, x_axis, zenith };
    lat_io::write_new_spacecraft(&path, &[row]).unwrap();
    let file = SpacecraftFile::open(&path).unwrap();
    let filter = Filter::compile(text, &file).map_err(|error| error.to_string())?;
    let block = file.block(0, 1).unwrap();
    Ok(filter.evaluate(block.rows(), 0, &mut Vec::new()) == 1.0)
}

#[test]
fn every_operator_is_read() {
    for (holds, fails) in [
        ("1>2 || 2>1", "1>2 || 2>3"),
        ("2>1 && 3>1", "2>1 && 1>3"),
        ("2==2", "2==3"),
        ("2!=3", "2!=2"),
        ("1<2", "2<2"),
        ("2<=2", "3<=2"),
        ("3>2", "2>2"),
        ("2>=2", "1>=2"),
        ("1+2==3", "1+2==4"),
        ("5-2==3", "5-2==2"),
        ("7%4==3", "7%4==1"),
        ("2*3==6", "2*3==5"),
        ("6/4==1.5", "6/4==1"),
        ("2**3==8", "2**3==6"),
        ("2^3==8", "2^3==6"),
        ("1>2 .or. 2>1", "1>2 .or. 2>3"),
        ("2>1 .and. 3>1", "2>1 .and. 1>3"),
        ("2 .eq. 2", "2 .eq. 3"),
        ("2 .ne. 3", "2 .ne. 2"),
        ("3 .gt. 2", "2 .gt. 2"),
        ("1 .lt. 2", "2 .lt. 2"),
        ("2 .ge. 2", "1 .ge. 2"),
        ("2 .le. 2", "3 .le. 2"),
        ("!(1>2)", "!(2>1)"),
        (".not. (1>2)", ".NOT. (2>1)"),
        ("-2<-1", "-1<-2"),
        ("+2==2", "+2==-2"),
    ] {
        assert_eq!((value(holds), value(fails)), (Ok(true), Ok(false)), "{holds}; {fails}");
    }
}

#[test]
fn operators_bind_in_the_order_of_cfitsio() {
    for text in [
        // Or below and, and below equality, equality below comparison.
        "T || F && F",
        "!(F && T == F)",
        "1<2 == T",
        "2<1 != T",
        // Comparison below sums, sums below products, these below powers.
        "1+1<3",
        "2+3*4==14",
        "2*3^2==18",
        // A remainder binds as a sum does.
        "10%4*2==2",
        // To the left, but powers to the right; a sign binds tighter than a power.
        "10-4-3==3",
        "16/4/2==2",
        "10%7%2==1",
        "2^3^2==512",
        "-2^2==4",
        "!!T",
        "- -2==2",
        "(1+2)*3==9",
        "((2))==2",
        "  2  ==  2  ",
    ] {
        assert_eq!(value(text), Ok(true), "{text}");
    }
}

#[test]
fn values_are_numbers_constants_columns_and_calls() {
    for text in [
        ".5==0.5",
        "1e3==1000",
        "2.5E-1==0.25",
        "T",
        "true",
        "!f",
        "!FALSE",
        "LIVETIME==27",
        "livetime==27",
        "IN_SAA==F",
        "!IN_SAA",
        "STOP-START==30",
        "DATA_QUAL==1 && LAT_CONFIG==1",
        "ABS(-3)==3",
        "abs (-3)==3",
        "SQRT(9)==3",
        "EXP(0)==1",
        "LOG(EXP(1))==1",
        "LOG10(100)==2",
        "SIN(0)==0",
        "COS(0)==1",
        "TAN(0)==0",
        "ABS(ARCSIN(1)-1.5707963)<1e-6",
        "ARCCOS(1)==0",
        "ABS(ARCTAN(1)-0.7853982)<1e-6",
        "ABS(ARCTAN2(1,-1)-2.3561945)<1e-6",
        "FLOOR(2.7)==2",
        "CEIL(2.2)==3",
        "MIN(2,3)==2",
        "MAX(2,3)==3",
        "ABS(ANGSEP(RA_ZENITH,DEC_ZENITH,80,10)-10)<1e-6",
        "MAX(1+1, (2)*2)==4",
    ] {
        assert_eq!(value(text), Ok(true), "{text}");
    }
}

#[test]
fn what_is_no_filter_is_told() {
    for (text, words) in [
        ("", "ends where a value"),
        ("1", "a number, expected a condition"),
        ("1=1", "single '='"),
        ("T & T", "write '&&'"),
        ("T)", "no bracket is open"),
        ("(T", "expected ')'"),
        ("T T", "expected an operator"),
        ("1 .xy. 2", "expected"),
        ("T && 1", "need conditions"),
        ("1 || T", "need conditions"),
        ("T<F", "needs numbers"),
        ("T+1>0", "needs numbers"),
        ("T==1", "compared with a number"),
        ("!1", "need conditions"),
        ("-T", "needs numbers"),
        ("ABS(T)>0", "needs numbers"),
        ("ABS(1,2)>0", "takes 1 arguments"),
        ("MIN(1)>0", "takes 2 arguments"),
        ("NONE(1)>0", "no function"),
        ("NONE>0", "no column"),
        ("LIVETIMES>0", "did you mean LIVETIME"),
        ("1e999>0", "larger than any"),
        ("2>#", "expected a number"),
    ] {
        let told = value(text).unwrap_err();
        assert!(told.contains(words), "{text}: {told}");
    }
    let deep = |n: usize| format!("{}T{}", "(".repeat(n), ")".repeat(n));
    assert_eq!(value(&deep(32)), Ok(true));
    assert!(value(&deep(33)).unwrap_err().contains("brackets within each other"));
    let calls = |n: usize| format!("{}1{}>0", "ABS(".repeat(n), ")".repeat(n));
    assert_eq!(value(&calls(32)), Ok(true));
    assert!(value(&calls(33)).unwrap_err().contains("brackets within each other"));
    assert!(value(&format!("2{}>1", "^1".repeat(33))).unwrap_err().contains("powers"));
    assert!(value(&format!("{}1>0", " ".repeat(4000))).unwrap_err().contains("at most 4000"));
}
