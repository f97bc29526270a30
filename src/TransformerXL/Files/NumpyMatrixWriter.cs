using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace TransformerXL.Files;

/// <summary>
/// Writes a matrix (rows, columns) of float32 as NumPy's <c>.npy</c>, version 1.0, row by row. The number of rows is known only at the end, so the
/// header is written twice; it has 128 bytes.
/// </summary>
internal sealed class NumpyMatrixWriter
{
    private const int HeaderBytes = 128, LengthBytes = 10;
    private readonly Stream _stream;
    private readonly int _columns;
    private readonly long _begin;

    /// <summary>Begins the file.</summary>
    /// <param name="stream">A stream that can seek; it is not closed.</param>
    /// <param name="columns">Number of columns.</param>
    public NumpyMatrixWriter(Stream stream, int columns)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        (_stream, _columns, _begin) = (stream, columns, stream.Position);
        WriteHeader();
    }

    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    /// <summary>Writes a row.</summary>
    /// <exception cref="ArgumentException">It has another number of columns.</exception>
    public void Write(ReadOnlySpan<float> row)
    {
        if (row.Length != _columns)
        {
            throw new ArgumentException($"a row has {row.Length} numbers, but must have {_columns}", nameof(row));
        }

        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("arrays are written on little-endian processors only");
        }

        _stream.Write(MemoryMarshal.AsBytes(row));
        Rows++;
    }

    /// <summary>Writes the number of rows into the header; the position is the end again.</summary>
    public void Complete()
    {
        long end = _stream.Position;
        _stream.Position = _begin;
        WriteHeader();
        _stream.Position = end;
    }

    private void WriteHeader()
    {
        string shape = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({Rows}, {_columns}), }}");
        byte[] header = new byte[HeaderBytes];
        header.AsSpan().Fill((byte)' ');
        ((ReadOnlySpan<byte>)[0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, HeaderBytes - LengthBytes, 0]).CopyTo(header);
        Encoding.ASCII.GetBytes(shape, header.AsSpan(LengthBytes));
        header[^1] = (byte)'\n';
        _stream.Write(header);
    }
}
