using System.Text;
using TransformerXL.Files;
using TransformerXL.Text.BytePairs.AddedTokens;

namespace TransformerXL.Text.BytePairs;

/// <summary>
/// Builds a vocabulary of byte pairs from a file (or a training) and checks it: unique names in the <see cref="ByteAlphabet"/>,
/// a token for each of the 256 bytes, merges of ordinary tokens whose result is a token and that occur once, and
/// <see cref="BytePairLimits"/>. The messages do not name the file.
/// </summary>
internal sealed class BytePairModelBuilder
{
    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string?[] _names;
    private readonly Dictionary<string, int> _idOfName;
    private readonly Dictionary<int, AddedToken> _added;
    private readonly byte[][] _bytes;
    private readonly int[] _idOfByte = new int[256];
    private readonly PairTable _merges = new(0);
    private readonly List<int> _results = [];

    /// <param name="names">The names in the order of the ids; null where no token has the id.</param>
    /// <param name="added">The added tokens; their names are among the others.</param>
    /// <exception cref="InputException">The names do not form a valid vocabulary.</exception>
    public BytePairModelBuilder(string?[] names, IEnumerable<AddedToken> added)
    {
        if (names.Length > BytePairLimits.Count)
        {
            throw new InputException($"it has {names.Length} tokens; at most {BytePairLimits.Count} are accepted");
        }
        _names = names;
        _added = added.ToDictionary(token => token.Id);
        if (_added.Count > BytePairLimits.SpecialTokens)
        {
            throw new InputException($"it has {_added.Count} special (added) tokens; at most {BytePairLimits.SpecialTokens} are accepted");
        }
        _idOfName = new Dictionary<string, int>(names.Length, StringComparer.Ordinal);
        _bytes = new byte[names.Length][];
        Array.Fill(_idOfByte, -1);
        for (int id = 0; id < names.Length; id++)
        {
            _bytes[id] = [];
            if (names[id] is { } name)
            {
                AddName(id, name);
            }
        }
        CheckBytes();
    }

    /// <summary>The id of a name; -1 if no token has it.</summary>
    public int IdOf(string name) => _idOfName.GetValueOrDefault(name, -1);

    /// <summary>Adds the merge of the next rank by the names of its parts.</summary>
    /// <exception cref="InputException">The merge has a part or a result that is not in the vocabulary, or occurs twice.</exception>
    public void AddMerge(string left, string right) => AddMerge(PartOf(left), PartOf(right));

    /// <inheritdoc cref="AddMerge(string, string)"/>
    public void AddMerge(int left, int right)
    {
        int rank = _results.Count;
        CheckPart(left, rank);
        CheckPart(right, rank);
        if (rank == BytePairLimits.Count)
        {
            throw new InputException($"it has more than {BytePairLimits.Count} merges");
        }
        if (!_idOfName.TryGetValue(_names[left] + _names[right], out int result) || _added.ContainsKey(result))
        {
            throw new InputException($"merge {rank} of '{Show(left)}' and '{Show(right)}' has no result: '{InputText.Show(_names[left] + _names[right])}' is not an ordinary token of the vocabulary");
        }
        int number = _merges.GetOrAdd(left, right);
        if (number != rank)
        {
            throw new InputException($"the merge of '{Show(left)}' and '{Show(right)}' occurs twice: as merge {number} and as merge {rank}");
        }
        _results.Add(result);
    }

    public BytePairModel Build(BytePairRules rules) => new(_bytes, _idOfByte, _merges, [.. _results], [.. _added.Values.OrderBy(token => token.Id)], rules);

    private void AddName(int id, string name)
    {
        if (name.Length is 0 or > BytePairLimits.TokenBytes)
        {
            throw new InputException($"the token with id {id} has {name.Length} characters; 1 to {BytePairLimits.TokenBytes} are accepted");
        }
        if (!_idOfName.TryAdd(name, id))
        {
            throw new InputException($"the token '{InputText.Show(name)}' occurs twice: as id {_idOfName[name]} and as id {id}");
        }
        if (_added.ContainsKey(id))
        {
            AddSpecial(id, name);
            return;
        }
        byte[] bytes = Decode(id, name);
        _bytes[id] = bytes;
        if (bytes.Length == 1)
        {
            _idOfByte[bytes[0]] = id;
        }
    }

    private void AddSpecial(int id, string name)
    {
        try
        {
            _bytes[id] = s_strictUtf8.GetBytes(name);
        }
        catch (EncoderFallbackException exception)
        {
            throw new InputException($"the special token '{InputText.Show(name)}' (id {id}) is not valid Unicode text", exception);
        }
    }

    private static byte[] Decode(int id, string name)
    {
        byte[] bytes = new byte[name.Length];
        for (int i = 0; i < name.Length; i++)
        {
            if (!ByteAlphabet.TryGetByte(name[i], out bytes[i]))
            {
                throw new InputException($"the token '{InputText.Show(name)}' (id {id}) holds U+{(int)name[i]:X4}, which represents no byte in a byte-level vocabulary, and it is not a special token");
            }
        }
        return bytes;
    }

    private void CheckBytes()
    {
        int missing = Array.IndexOf(_idOfByte, -1);
        if (missing >= 0)
        {
            throw new InputException($"no token represents the byte 0x{missing:X2} ('{ByteAlphabet.Name([(byte)missing])}'); a byte-level vocabulary needs all 256");
        }
        long sum = _bytes.Sum(bytes => (long)bytes.Length);
        if (sum > BytePairLimits.AllTokenBytes)
        {
            throw new InputException($"its tokens have {sum} bytes together; at most {BytePairLimits.AllTokenBytes} are accepted");
        }
    }

    private int PartOf(string name) => IdOf(name) is >= 0 and int id
        ? id
        : throw new InputException($"merge {_results.Count} names '{InputText.Show(name)}', which is not in the vocabulary");

    private void CheckPart(int id, int rank)
    {
        if ((uint)id >= (uint)_names.Length || _names[id] is null)
        {
            throw new InputException($"merge {rank} names the id {id}, which no token has");
        }
        if (_added.ContainsKey(id))
        {
            throw new InputException($"merge {rank} names the special token '{Show(id)}', which is never merged");
        }
    }

    private string Show(int id) => InputText.Show(_names[id]!);
}
