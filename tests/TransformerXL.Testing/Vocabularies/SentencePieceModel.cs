using System.Buffers.Binary;
using System.Text;
using TransformerXL.Text.Unigram;

namespace TransformerXL.Testing.Vocabularies;

/// <summary>Writes a model file of SentencePiece: a message of Protocol Buffers.</summary>
public sealed class SentencePieceModel
{
    private readonly List<byte> _bytes = [];

    private byte[] Bytes => [.. _bytes];

    /// <summary>A model of the type unigram.</summary>
    public static byte[] Of(IEnumerable<UnigramPiece> pieces, byte[]? characterMap = null, bool prefix = true, bool removesSpaces = true, bool bytes = false, int type = 1, bool suffix = false, bool escapes = true)
    {
        SentencePieceModel model = new();
        foreach (UnigramPiece piece in pieces)
        {
            int kind = piece.Kind switch { UnigramPieceKind.Normal => 1, UnigramPieceKind.Unknown => 2, UnigramPieceKind.Control => 3, UnigramPieceKind.UserDefined => 4, UnigramPieceKind.Unused => 5, _ => 6 };
            model.Message(1, part => part.Text(1, piece.Text).Float(2, (float)piece.Score).Number(3, kind));
        }

        int Id(string name) => pieces.Select(piece => piece.Text).ToList().IndexOf(name);
        model.Message(2, part => part.Number(3, type).Number(24, suffix ? 1 : 0).Number(35, bytes ? 1 : 0).Number(40, Id("<unk>")).Number(41, Id("<s>")).Number(42, Id("</s>")).Number(43, -1));
        model.Message(3, part => part.Text(1, "test").Block(2, characterMap ?? []).Number(3, prefix ? 1 : 0).Number(4, removesSpaces ? 1 : 0).Number(5, escapes ? 1 : 0));
        return model.Bytes;
    }

    private void Message(int field, Func<SentencePieceModel, SentencePieceModel> write) => Block(field, write(new SentencePieceModel()).Bytes);

    private SentencePieceModel Text(int field, string text) => Block(field, Encoding.UTF8.GetBytes(text));

    private SentencePieceModel Block(int field, byte[] content)
    {
        Varint((ulong)(field << 3 | 2)).Varint((ulong)content.Length)._bytes.AddRange(content);
        return this;
    }

    private SentencePieceModel Number(int field, long value) => Varint((ulong)(field << 3)).Varint((ulong)value);

    private SentencePieceModel Float(int field, float value)
    {
        byte[] bytes = new byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        Varint((ulong)(field << 3 | 5))._bytes.AddRange(bytes);
        return this;
    }

    private SentencePieceModel Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.Add((byte)(value | 0x80));
        }

        _bytes.Add((byte)value);
        return this;
    }
}
