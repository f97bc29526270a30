using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using TransformerXL.Text.BytePairs;

namespace TransformerXL.Tests.Data.BytePairs;

/// <summary>
/// Byte pairs in the plainest form. The text is drawn as UTF-16 with one unit for each character, GPT-2's pattern is run over the drawing, and the
/// bytes are cut where the matches end. A character beyond the Basic Multilingual Plane is drawn as one within of the same class; a byte that
/// belongs to no valid UTF-8 is drawn as U+E000, which is neither letter, number nor white space.
/// </summary>
internal static class ReferenceBytePairs
{
    private const char Letter = '\u4E00';
    private const char Number = '\u0667';
    private const char Other = '\uE000';

    private static readonly Regex s_pattern = new(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant);

    private static readonly ConditionalWeakTable<BytePairVocabulary, Tables> s_tables = [];

    public static List<byte[]> PreTokens(byte[] text)
    {
        var drawing = new StringBuilder();
        List<int> starts = [];
        for (int at = 0; at < text.Length;)
        {
            bool valid = Rune.DecodeFromUtf8(text.AsSpan(at), out Rune rune, out int length) == OperationStatus.Done;
            drawing.Append(valid ? Draw(rune) : Other);
            starts.Add(at);
            at += valid ? length : 1;
        }
        starts.Add(text.Length);
        return [.. s_pattern.Matches(drawing.ToString()).Select(match => text[starts[match.Index]..starts[match.Index + match.Length]])];
    }

    public static List<int> Encode(BytePairVocabulary vocabulary, byte[] text)
    {
        var special = vocabulary.SpecialTokens.Select(token => (Bytes: Encoding.UTF8.GetBytes(token.Key), Id: token.Value)).OrderByDescending(token => token.Bytes.Length).ToList();
        List<int> ids = [];
        int begun = 0;
        for (int at = 0; at <= text.Length;)
        {
            int which = special.FindIndex(token => text.AsSpan(at).StartsWith(token.Bytes));
            if (which >= 0 || at == text.Length)
            {
                ids.AddRange(PreTokens(text[begun..at]).SelectMany(preToken => Merge(vocabulary, preToken)));
            }
            if (which < 0)
            {
                at++;
                continue;
            }
            ids.Add(special[which].Id);
            begun = at += special[which].Bytes.Length;
        }
        return ids;
    }

    public static List<int> Merge(BytePairVocabulary vocabulary, byte[] preToken)
    {
        Tables tables = s_tables.GetValue(vocabulary, key => new Tables(key));
        List<int> ids = [.. preToken.Select(value => tables.Ids[value])];
        while (true)
        {
            int best = -1;
            int bestRank = int.MaxValue;
            for (int i = 0; i + 1 < ids.Count; i++)
            {
                if (tables.Ranks.TryGetValue((ids[i], ids[i + 1]), out int rank) && rank < bestRank)
                {
                    (best, bestRank) = (i, rank);
                }
            }
            if (best < 0)
            {
                return ids;
            }
            ids[best] = vocabulary.Merges[bestRank].Result;
            ids.RemoveAt(best + 1);
        }
    }

    /// <summary>The merges as names, learnt by counting everything anew for each.</summary>
    public static List<(string Left, string Right)> Train(IEnumerable<byte[]> texts, int size, long minFrequency)
    {
        List<string> names = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Name([(byte)value])).OrderBy(name => name, StringComparer.Ordinal)];
        List<(int Left, int Right)> merges = [];
        List<int>[] words = [.. texts.SelectMany(PreTokens).Select(preToken => preToken.Select(value => names.IndexOf(ByteAlphabet.Name([value]))).ToList())];
        while (names.Count < size)
        {
            var best = words.SelectMany(word => word.Zip(word.Skip(1))).GroupBy(pair => pair)
                .Where(pair => pair.Count() >= minFrequency)
                .OrderByDescending(pair => pair.Count()).ThenBy(pair => pair.Key.First).ThenBy(pair => pair.Key.Second).FirstOrDefault();
            if (best is null)
            {
                break;
            }
            (int left, int right) = best.Key;
            string name = names[left] + names[right];
            if (!names.Contains(name))
            {
                names.Add(name);
            }
            if (!merges.Contains((left, right)))
            {
                merges.Add((left, right));
            }
            words = [.. words.Select(word => Replace(word, left, right, names.IndexOf(name)))];
        }
        return [.. merges.Select(merge => (names[merge.Left], names[merge.Right]))];
    }

    private static List<int> Replace(List<int> word, int left, int right, int result)
    {
        List<int> replaced = [];
        for (int i = 0; i < word.Count; i++)
        {
            bool merges = word[i] == left && i + 1 < word.Count && word[i + 1] == right;
            replaced.Add(merges ? result : word[i]);
            i += merges ? 1 : 0;
        }
        return replaced;
    }

    private static char Draw(Rune rune)
    {
        if (rune.IsBmp)
        {
            return (char)rune.Value;
        }
        return Rune.IsLetter(rune) ? Letter : Rune.IsNumber(rune) ? Number : Other;
    }

    /// <summary>The table of ranks, and of the ids of the bytes, made once for each vocabulary.</summary>
    private sealed class Tables(BytePairVocabulary vocabulary)
    {
        public Dictionary<(int Left, int Right), int> Ranks { get; } =
            vocabulary.Merges.Select((merge, rank) => (Pair: (merge.Left, merge.Right), rank)).ToDictionary(entry => entry.Pair, entry => entry.rank);

        public Dictionary<byte, int> Ids { get; } =
            Enumerable.Range(0, vocabulary.Count).Where(id => vocabulary.BytesOf(id).Length == 1).ToDictionary(id => vocabulary.BytesOf(id)[0]);
    }
}
