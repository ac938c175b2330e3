"""python -m dicomconv"""

from dicomconv.cli import main

if __name__ == "__main__":
    main(prog_name="dicomconv")
