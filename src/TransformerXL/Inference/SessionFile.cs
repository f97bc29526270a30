using System.Globalization;
using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>The memory of a session as a safetensors file: keys beside values of each layer, and the last hidden state; of a session that learns its weights too.</summary>
internal static class SessionFile
{
    private const string KindKey = "kind", Kind = "transformer-xl session 1", LearningKind = "transformer-xl learning session 1";
    private const string WeightsKey = "weights_sha256";
    private const string TokensKey = "tokens";
    private const string LastHidden = "hidden";
    private const string LastTokens = "tokens";

    private const string StreamName = "stream of a session";

    public static void Save(string path, InferenceSession session) => SafetensorsWriter.WriteSummed(path, Items(session), Metadata(session));

    public static void Save(Stream stream, InferenceSession session) => SafetensorsWriter.WriteSummed(stream, StreamName, Items(session), Metadata(session));

    private static List<SafetensorsItem> Items(InferenceSession session)
    {
        List<SafetensorsItem> items = [];
        for (int part = 0; part < session.State.Parts; part++)
        {
            items.Add(ModelWeights.Item(session.State.PartName(part), session.State[part]));
        }

        if (!session.LastHidden.IsEmpty)
        {
            items.Add(ModelWeights.Item(LastHidden, session.LastHidden));
        }

        if (session.Tail is { Length: > 0 } tail)
        {
            items.Add(SafetensorsItem.FromInt64s(LastTokens, Array.ConvertAll(tail, id => (long)id), tail.Length));
        }

        items.AddRange(session.Learner?.Items() ?? []);
        return items;
    }

    private static Dictionary<string, string> Metadata(InferenceSession session) => new()
    {
        [KindKey] = session.Learner is null ? Kind : LearningKind,
        [WeightsKey] = session.WeightsFingerprint,
        [TokensKey] = session.Tokens.ToString(CultureInfo.InvariantCulture),
    };

    public static void Load(string path, InferenceSession session)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Load(file, session);
    }

    public static void Load(Stream stream, InferenceSession session) => Load(ReadAll(stream, MaxBytes(session)), session);

    /// <summary>Whether contents are those of a session that learns.</summary>
    /// <exception cref="InputException">They are not a safetensors file.</exception>
    public static bool Learns(ReadOnlyMemory<byte> contents)
    {
        using SafetensorsFile file = SafetensorsFile.Parse(StreamName, contents);
        return file.Metadata.GetValueOrDefault(KindKey) == LearningKind;
    }

    public static void Load(ReadOnlyMemory<byte> contents, InferenceSession session)
    {
        using SafetensorsFile file = SafetensorsFile.Parse(StreamName, contents);
        Load(file, session);
    }

    /// <summary>More bytes than this no saved session of these sizes has.</summary>
    public static long MaxBytes(InferenceSession session)
    {
        const long Header = 1 << 16, HeaderOfPart = 1 << 10;
        long floats = (long)session.Options.Streams * session.Model.Configuration.HiddenWidth;
        for (int part = 0; part < session.State.Parts; part++)
        {
            Shape max = session.State.MaxShape(part);
            floats += (long)max[0] * max[1] * max[2];
        }

        return Header + (HeaderOfPart * session.State.Parts) + (floats * sizeof(float)) + (TokenTail.Capacity * sizeof(long));
    }

    public static ReadOnlyMemory<byte> ReadAll(Stream stream, long max)
    {
        using MemoryStream bytes = new();
        byte[] chunk = new byte[1 << 16];
        for (int read; (read = stream.Read(chunk)) > 0;)
        {
            Require.That(
                bytes.Length + read <= Math.Min(max, Array.MaxLength),
                $"the stream holds more than {Math.Min(max, Array.MaxLength)} bytes, more than a session of this model and memory length can have");
            bytes.Write(chunk.AsSpan(0, read));
        }

        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }

    private static void Load(SafetensorsFile file, InferenceSession session)
    {
        string path = file.Path;
        string? kind = file.Metadata.GetValueOrDefault(KindKey);
        Require.That(kind is Kind or LearningKind, $"'{path}' does not hold the memory of a session");
        Require.That(kind == Kind || session.Learner is not null, $"'{path}' holds a session that learns from what it reads, and here sessions do not");
        Require.That(kind == LearningKind || session.Learner is null, $"'{path}' holds a session that does not learn from what it reads, and this one does");
        Require.That(
            file.Metadata.GetValueOrDefault(WeightsKey) == session.WeightsFingerprint,
            $"'{path}' holds a memory that other weights made; with these it would give wrong text");
        bool valid = long.TryParse(file.Metadata.GetValueOrDefault(TokensKey), NumberStyles.None, CultureInfo.InvariantCulture, out long tokens);
        Require.That(valid, $"'{path}' is damaged: the number of tokens that were read is missing or not valid");
        RequireOneLength(file, session);
        Tensor[] parts = [.. Enumerable.Range(0, session.State.Parts).Select(part => ReadPart(file, session, part, tokens))];
        Tensor hidden = default;
        Require.That(tokens == 0 || file.TryFind(LastHidden, out _), $"'{path}' is damaged: it has read {tokens} tokens, but has no tensor '{LastHidden}' with the state after the last");
        if (file.TryFind(LastHidden, out _))
        {
            hidden = Tensor.Allocate(new Shape(session.Options.Streams, session.Model.Configuration.HiddenWidth));
            ModelWeights.Read(file, LastHidden, hidden);
        }

        int[] tail = ReadTail(file, session, tokens);
        if (session.Learner is { } learner)
        {
            learner.Restore(file, tokens);
            session.ChangeWeights(learner.Model);
        }

        session.Restore(tokens, parts, hidden.IsEmpty ? [] : hidden.Span, tail);
    }

    /// <summary>The ids of the last tokens; none in a file of an earlier version.</summary>
    private static int[] ReadTail(SafetensorsFile file, InferenceSession session, long tokens)
    {
        if (!file.TryFind(LastTokens, out SafetensorsEntry? entry))
        {
            Require.That(tokens == 0 || session.Learner is null, $"'{file.Path}' is damaged: it has no tensor '{LastTokens}' with the last tokens");
            return [];
        }

        long max = Math.Min(tokens, TokenTail.Capacity);
        Require.That(
            entry.Shape.Count == 1 && entry.Shape[0] <= max,
            $"'{file.Path}' is damaged: its tensor '{LastTokens}' has shape ({string.Join(", ", entry.Shape)}), but at most {max} tokens are expected");
        long[] ids = new long[entry.Shape[0]];
        file.ReadInt64s(LastTokens, ids);
        int vocabulary = session.Model.Configuration.VocabularySize;
        foreach (long id in ids)
        {
            Require.That(id >= 0 && id < vocabulary, $"'{file.Path}' is damaged: its tensor '{LastTokens}' holds {id}, but the vocabulary has the tokens 0 to {vocabulary - 1}");
        }

        return Array.ConvertAll(ids, id => (int)id);
    }

    /// <summary>All layers remember the same tokens; a layer with rows of its own would go on from another text.</summary>
    private static void RequireOneLength(SafetensorsFile file, InferenceSession session)
    {
        string first = session.State.PartName(0);
        long Rows(string name) => file.Find(name).Shape is [var rows, ..] ? rows : 0;
        long wanted = session.Model is RecurrentModel ? 1 : Rows(first);
        for (int part = 0; part < session.State.Parts; part++)
        {
            string name = session.State.PartName(part);
            Require.That(
                Rows(name) == wanted,
                $"'{file.Path}' is damaged: its tensor '{name}' remembers {Counted.Of(Rows(name), "token")}, where {wanted} are expected, as many in every layer");
        }
    }

    private static Tensor ReadPart(SafetensorsFile file, InferenceSession session, int part, long tokens)
    {
        IReadOnlyList<long> shape = file.Find(session.State.PartName(part)).Shape;
        Shape max = session.State.MaxShape(part);
        long rows = shape.Count == 3 ? shape[0] : 0;
        Require.That(
            rows <= max[0] && (rows <= tokens || !session.Model.Configuration.Family.HasMemoryLength),
            $"'{file.Path}' remembers {rows} of {tokens} tokens, but this session has a memory length of {max[0]}");
        Tensor states = Tensor.Allocate(max.WithFirst((int)rows));
        ModelWeights.Read(file, session.State.PartName(part), states);
        session.State.Check(part, states, file.Path);
        return states;
    }
}
