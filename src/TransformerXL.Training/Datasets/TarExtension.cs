using System.Globalization;
using System.Text;

namespace TransformerXL.Training.Datasets;

/// <summary>Values of extended headers for the next file, or for all following files.</summary>
internal sealed class TarExtension
{
    /// <summary>The name with folders; null if the name in the header is valid.</summary>
    public string? Name { get; set; }

    /// <summary>Bytes of content; null if the size in the header is valid.</summary>
    public long? Size { get; private set; }

    /// <summary>Whether the file is sparse: the content has only its nonzero parts.</summary>
    public bool IsSparse { get; private set; }

    /// <summary>Adds the records of pax: <c>length key=value</c> and a newline, the length in decimal and of the whole record.</summary>
    /// <exception cref="InputException">The records are damaged.</exception>
    public void AddRecords(ReadOnlySpan<byte> records, string path)
    {
        while (!records.IsEmpty)
        {
            int space = records.IndexOf((byte)' ');
            bool isNumber = int.TryParse(records[..Math.Max(space, 0)], NumberStyles.None, CultureInfo.InvariantCulture, out int length);
            int equals = isNumber && length > space && length <= records.Length ? records[space..length].IndexOf((byte)'=') : -1;
            Require.That(equals > 0 && records[length - 1] == '\n', $"'{path}' is damaged: an extended header is not of the form 'length key=value'");
            Add(Encoding.UTF8.GetString(records[(space + 1)..(space + equals)]), records[(space + equals + 1)..(length - 1)], path);
            records = records[length..];
        }
    }

    private void Add(string key, ReadOnlySpan<byte> value, string path)
    {
        switch (key)
        {
            case "path":
                Name = Encoding.UTF8.GetString(value);
                break;
            case "size":
                Require.That(
                    long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long size),
                    $"'{path}' is damaged: an extended header has a size that is not a number");
                Size = size;
                break;
            default:
                IsSparse |= key.StartsWith("GNU.sparse.", StringComparison.Ordinal);
                break;
        }
    }
}
