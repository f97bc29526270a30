using System.Buffers;
using System.Text;
using TransformerXL.Text;

namespace TransformerXL.Testing.Vocabularies;

/// <summary>A text that does not come as a whole.</summary>
public static class PiecewiseText
{
    /// <summary>The tokens of a text that comes in pieces of 1 to 4 bytes.</summary>
    public static int[] Encode(Vocabulary vocabulary, string text, int seed)
    {
        TokenEncoder encoder = vocabulary.CreateEncoder();
        ArrayBufferWriter<int> ids = new();
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text);
        Random random = new(seed);
        while (!rest.IsEmpty)
        {
            int take = Math.Min(rest.Length, 1 + random.Next(4));
            encoder.Append(rest[..take], ids);
            rest = rest[take..];
        }

        encoder.Complete(ids);
        return ids.WrittenSpan.ToArray();
    }
}
