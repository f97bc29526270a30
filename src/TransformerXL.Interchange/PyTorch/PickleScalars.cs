using System.Globalization;
using System.Numerics;
using System.Text;
using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>The opcodes that push a scalar value.</summary>
internal static class PickleScalars
{
    /// <summary>The value of such an opcode and its argument; null for any other opcode.</summary>
    public static TorchValue? TryRead(PickleOpcode opcode, PickleReader reader) => opcode switch
    {
        PickleOpcode.None => TorchValue.None,
        PickleOpcode.NewTrue => TorchValue.True,
        PickleOpcode.NewFalse => TorchValue.False,
        PickleOpcode.BinInt => TorchValue.Integer(reader.Int32()),
        PickleOpcode.BinInt1 => TorchValue.Integer(reader.Byte()),
        PickleOpcode.BinInt2 => TorchValue.Integer(reader.UInt16()),
        PickleOpcode.Long1 => BigInteger(reader, reader.Byte()),
        PickleOpcode.Long4 => BigInteger(reader, reader.UInt32()),
        PickleOpcode.Int => IntegerLine(reader),
        PickleOpcode.Long => Decimal(reader, reader.Line().TrimEnd('L')),
        PickleOpcode.Float => NumberLine(reader),
        PickleOpcode.BinFloat => TorchValue.Number(reader.BigEndianDouble()),
        PickleOpcode.BinUnicode => TorchValue.Text(reader.Utf8(reader.UInt32())),
        PickleOpcode.ShortBinUnicode => TorchValue.Text(reader.Utf8(reader.Byte())),
        PickleOpcode.BinUnicode8 => TorchValue.Text(reader.Utf8(reader.UInt64())),
        PickleOpcode.Unicode => TorchValue.Text(Unescape(reader, reader.Line(), python2: false)),
        PickleOpcode.String => TorchValue.Text(Unescape(reader, Unquote(reader, reader.Line()), python2: true)),
        PickleOpcode.BinString => TorchValue.Text(reader.Python2Text(reader.UInt32())),
        PickleOpcode.ShortBinString => TorchValue.Text(reader.Python2Text(reader.Byte())),
        PickleOpcode.BinBytes => Bytes(reader, reader.UInt32()),
        PickleOpcode.ShortBinBytes => Bytes(reader, reader.Byte()),
        PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8 => Bytes(reader, reader.UInt64()),
        _ => null,
    };

    private static TorchValue Bytes(PickleReader reader, ulong claimed) =>
        TorchValue.Bytes(reader.Take(reader.Length(claimed, PickleLimits.TextBytes, "bytes")).ToArray());

    private static TorchValue BigInteger(PickleReader reader, uint claimed) =>
        TorchValue.Integer(new BigInteger(reader.Take(reader.Length(claimed, PickleLimits.IntegerLength, "a number"))));

    /// <summary>Protocol 0 writes booleans as 00 and 01.</summary>
    private static TorchValue IntegerLine(PickleReader reader)
    {
        string line = reader.Line();
        return line switch { "00" => TorchValue.False, "01" => TorchValue.True, _ => Decimal(reader, line) };
    }

    private static TorchValue Decimal(PickleReader reader, string digits) =>
        digits.Length <= PickleLimits.IntegerLength && System.Numerics.BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger value)
            ? TorchValue.Integer(value)
            : throw reader.Fault($"'{InputText.Show(digits)}' was found where a whole number of at most {PickleLimits.IntegerLength} digits is expected");

    private static TorchValue NumberLine(PickleReader reader)
    {
        string line = reader.Line();
        return line switch
        {
            "inf" => TorchValue.Number(double.PositiveInfinity),
            "-inf" => TorchValue.Number(double.NegativeInfinity),
            "nan" => TorchValue.Number(double.NaN),
            _ => line.Length <= PickleLimits.IntegerLength && double.TryParse(line, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                ? TorchValue.Number(value)
                : throw reader.Fault($"'{InputText.Show(line)}' was found where a number is expected"),
        };
    }

    private static string Unquote(PickleReader reader, string line) =>
        line.Length >= 2 && line[0] == line[^1] && line[0] is '\'' or '"'
            ? line[1..^1]
            : throw reader.Fault($"'{InputText.Show(line)}' was found where quoted text is expected");

    /// <summary>Protocol 0 escapes characters outside ASCII: Unicode escapes, and in strings of Python 2 also the short ones.</summary>
    private static string Unescape(PickleReader reader, string text, bool python2)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                plain.Append(text[i]);
                continue;
            }

            int digits = text[i + 1] switch { 'u' when !python2 => 4, 'U' when !python2 => 8, 'x' when python2 => 2, _ => 0 };
            if (digits > 0)
            {
                AppendCodePoint(plain, reader, text, i + 2, digits);
                i += 1 + digits;
            }
            else if (python2 && "nrt\\'\"".IndexOf(text[i + 1], StringComparison.Ordinal) is >= 0 and int which)
            {
                plain.Append("\n\r\t\\'\""[which]);
                i++;
            }
            else
            {
                plain.Append('\\');
            }
        }

        return plain.ToString();
    }

    private static void AppendCodePoint(StringBuilder plain, PickleReader reader, string text, int at, int digits)
    {
        if (at + digits > text.Length
            || !int.TryParse(text.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            || !Rune.TryCreate(value, out Rune rune))
        {
            throw reader.Fault($"'{InputText.Show(text)}' holds an escape that is not a character");
        }

        plain.Append(rune);
    }
}
