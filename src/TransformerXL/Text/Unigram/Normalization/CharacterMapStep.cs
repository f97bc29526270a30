using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace TransformerXL.Text.Unigram.Normalization;

/// <summary>Replaces characters by SentencePiece's compiled map, which usually holds Unicode's form NFKC and rules for white space.</summary>
internal sealed class CharacterMapStep(CharacterMap map) : TextStep
{
    public const string Name = "Precompiled", Map = "precompiled_charsmap";

    /// <summary>Bytes of a cluster of characters that is looked up as a whole in Hugging Face's library.</summary>
    private const int LongestCluster = 5;

    public override string Type => Name;

    public override void Apply(ReadOnlySpan<PlacedCharacter> text, PlacedText output, TextPart part)
    {
        if (part.MapsLongest)
        {
            ReplaceLongest(text, output, part.Kept);
        }
        else
        {
            ReplaceClusters(text, output);
        }
    }

    public override void Write(Utf8JsonWriter writer) => writer.WriteBase64String(Map, map.Content);

    /// <summary>At each place the longest sequence of the map, as SentencePiece does; pieces of the user are kept.</summary>
    private void ReplaceLongest(ReadOnlySpan<PlacedCharacter> text, PlacedText output, PieceTrie kept)
    {
        for (int i = 0; i < text.Length;)
        {
            int count = LengthOf(kept, text[i..]);
            if (count > 0)
            {
                output.Add(text.Slice(i, count));
            }
            else if (map.TryFind(text[i..], longest: true, out count, out ReadOnlySpan<byte> replacement))
            {
                Replace(text.Slice(i, count), replacement, output);
            }
            else
            {
                count = 1;
                output.Add(text[i]);
            }

            i += count;
        }
    }

    /// <summary>
    /// Clusters (Unicode Standard Annex 29) of at most 5 bytes are looked up as a whole, and the shortest sequence of the map at their beginning replaces all of them; otherwise the same is
    /// done with each character. This is the definition of Hugging Face's library.
    /// </summary>
    private void ReplaceClusters(ReadOnlySpan<PlacedCharacter> text, PlacedText output)
    {
        StringBuilder? units = null;
        string all = "";
        int place = 0;
        for (int i = 0; i < text.Length;)
        {
            int count = 1;
            bool isAlone = text[i].Code < 0x80 && (i + 1 == text.Length || (text[i + 1].Code < 0x80 && (text[i].Code, text[i + 1].Code) is not ('\r', '\n')));
            if (!isAlone)
            {
                if (units is null)
                {
                    units = new StringBuilder();
                    foreach (PlacedCharacter character in text[i..])
                    {
                        units.Append(new Rune(character.Code).ToString());
                    }

                    (all, place) = (units.ToString(), 0);
                }

                count = CharactersOf(all.AsSpan(place, StringInfo.GetNextTextElementLength(all, place)));
            }

            ReplaceCluster(text.Slice(i, count), output);
            foreach (PlacedCharacter character in text.Slice(i, count))
            {
                place += new Rune(character.Code).Utf16SequenceLength;
            }

            i += count;
        }
    }

    private void ReplaceCluster(ReadOnlySpan<PlacedCharacter> cluster, PlacedText output)
    {
        if (BytesOf(cluster) <= LongestCluster && map.TryFind(cluster, longest: false, out _, out ReadOnlySpan<byte> replacement))
        {
            Replace(cluster, replacement, output);
            return;
        }

        for (int i = 0; i < cluster.Length; i++)
        {
            if (map.TryFind(cluster.Slice(i, 1), longest: false, out _, out replacement))
            {
                Replace(cluster.Slice(i, 1), replacement, output);
            }
            else
            {
                output.Add(cluster[i]);
            }
        }
    }

    private static void Replace(ReadOnlySpan<PlacedCharacter> old, ReadOnlySpan<byte> replacement, PlacedText output)
    {
        while (!replacement.IsEmpty)
        {
            // A damaged map may hold bytes that are no character: U+FFFD.
            OperationStatus status = Rune.DecodeFromUtf8(replacement, out Rune rune, out int length);
            output.Add(new PlacedCharacter(rune.Value, old[0].Start, old[^1].End));
            replacement = replacement[(status == OperationStatus.NeedMoreData ? replacement.Length : length)..];
        }
    }

    /// <summary>The characters of the longest piece at the beginning of a text; 0 if there is none.</summary>
    private static int LengthOf(PieceTrie pieces, ReadOnlySpan<PlacedCharacter> text)
    {
        int node = PieceTrie.Root, count = 0;
        for (int i = 0; !pieces.IsEmpty && i < text.Length && (node = pieces.Step(node, text[i].Code)) >= 0; i++)
        {
            count = pieces.PieceAt(node) >= 0 ? i + 1 : count;
        }

        return count;
    }

    private static int CharactersOf(ReadOnlySpan<char> cluster)
    {
        int count = 0;
        foreach (Rune _ in cluster.EnumerateRunes())
        {
            count++;
        }

        return count;
    }

    private static int BytesOf(ReadOnlySpan<PlacedCharacter> cluster)
    {
        int bytes = 0;
        foreach (PlacedCharacter character in cluster)
        {
            bytes += new Rune(character.Code).Utf8SequenceLength;
        }

        return bytes;
    }
}
