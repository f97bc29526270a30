using System.Globalization;

namespace TransformerXL.Libtorch;

/// <summary>The shape and mode of one measurement; the same as those of <c>txl bench</c>.</summary>
internal sealed record PeerOptions
{
    public const string Encoder = "bert-base", LongEncoder = "bert-base-512", Lstm = "lstm", Gru = "gru";

    private static readonly string[] Models = ["small", "enwik8-base", Encoder, LongEncoder, Lstm, Gru];

    public required string Model { get; init; }

    public bool IsEncoder => Model is Encoder or LongEncoder;

    public bool IsRecurrent => Model is Lstm or Gru;

    public int Vocabulary => IsEncoder ? 30_522 : 205;

    public required string Mode { get; init; }

    public required int Batch { get; init; }

    public required int Threads { get; init; }

    /// <summary>
    /// <c>float32</c>, <c>bf16</c> or <c>autocast</c>. A Transformer-XL casts the operands of its products to bfloat16 itself. The modules of libtorch are in bfloat16 as a whole, their parameters included, or have
    /// float32 parameters under libtorch's autocast.
    /// </summary>
    public required string Precision { get; init; }

    /// <summary>Whether attention uses the fused kernel of libtorch, in a Transformer-XL with the positional term as its mask.</summary>
    public required bool Fused { get; init; }

    public required double Dropout { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int Size { get; init; }

    public required int Inner { get; init; }

    public required int Target { get; init; }

    public required int Memory { get; init; }

    public bool Trains => Mode == "train";

    /// <summary>Whether a Transformer-XL multiplies in bfloat16; its parameters, norms, softmax and loss stay float32.</summary>
    public bool Half => Precision == "bf16";

    /// <summary>Whether a module and its parameters are in bfloat16.</summary>
    public bool IsHalfModule => Precision == "bf16";

    public bool IsAutocast => Precision == "autocast";

    /// <summary>Reads <c>--name value</c> pairs.</summary>
    /// <exception cref="ArgumentException">An option is unknown or its value is not allowed.</exception>
    public static PeerOptions Parse(string[] arguments)
    {
        Dictionary<string, string> given = Pairs(arguments);
        string model = OneOf(given, "--model", Models), mode = OneOf(given, "--mode", "train", "evaluate", "generate");
        PeerOptions options = model switch
        {
            Encoder or LongEncoder => Shape(given, model, mode, layers: 12, heads: 12, size: 768, model == Encoder ? (8, 128) : (1, 512), memory: 0),
            Lstm or Gru => Shape(given, model, mode, layers: 2, heads: 0, size: 512, (mode == "generate" ? 1 : 32, mode == "generate" ? 1 : 64), memory: 0),
            "small" => Shape(given, model, mode, layers: 4, heads: 4, size: 256, (mode == "train" ? 16 : 1, mode == "generate" ? 1 : 128), mode == "evaluate" ? 256 : 128),
            _ => Shape(given, model, mode, layers: 12, heads: 8, size: 512, (1, mode switch { "train" => 512, "evaluate" => 128, _ => 1 }), mode == "evaluate" ? 1024 : 512),
        };
        return options.IsEncoder && mode == "generate" ? throw new ArgumentException($"{model} predicts masked tokens and generates none")
            : options.IsAutocast && !options.IsEncoder && !options.IsRecurrent ? throw new ArgumentException($"{model} casts to bfloat16 itself; use --precision bf16")
            : options;
    }

    private static PeerOptions Shape(Dictionary<string, string> given, string model, string mode, int layers, int heads, int size, (int Batch, int Target) segment, int memory) => new()
    {
        Model = model,
        Mode = mode,
        Batch = Number(given, "--batch", segment.Batch),
        Threads = Number(given, "--threads", 2),
        Precision = given.ContainsKey("--precision") ? OneOf(given, "--precision", "float32", "bf16", "autocast") : "float32",
        Fused = given.ContainsKey("--attention") && OneOf(given, "--attention", "plain", "fused") == "fused",
        Dropout = mode == "train" ? Fraction(given, "--dropout", 0.1) : 0,
        Layers = layers,
        Heads = heads,
        Size = size,
        Inner = 4 * size,
        Target = segment.Target,
        Memory = memory,
    };

    private static Dictionary<string, string> Pairs(string[] arguments)
    {
        string[] known = ["--model", "--mode", "--batch", "--threads", "--precision", "--attention", "--dropout"];
        Dictionary<string, string> pairs = [];
        for (int i = 0; i < arguments.Length; i += 2)
        {
            if (!known.Contains(arguments[i]) || i + 1 == arguments.Length)
            {
                throw new ArgumentException($"'{arguments[i]}' is none of {string.Join(", ", known)}, or lacks its value");
            }

            pairs[arguments[i]] = arguments[i + 1];
        }

        return pairs;
    }

    private static string OneOf(Dictionary<string, string> given, string name, params string[] allowed)
    {
        string value = given.GetValueOrDefault(name, string.Empty);
        return allowed.Contains(value) ? value : throw new ArgumentException($"{name} '{value}' is none of {string.Join(", ", allowed)}");
    }

    private static int Number(Dictionary<string, string> given, string name, int otherwise)
    {
        int value = otherwise;
        return !given.TryGetValue(name, out string? text) || (int.TryParse(text, CultureInfo.InvariantCulture, out value) && value > 0)
            ? value
            : throw new ArgumentException($"{name} '{text}' is not a whole number above 0");
    }

    private static double Fraction(Dictionary<string, string> given, string name, double otherwise)
    {
        double value = otherwise;
        return !given.TryGetValue(name, out string? text) || (double.TryParse(text, CultureInfo.InvariantCulture, out value) && value is >= 0 and < 1)
            ? value
            : throw new ArgumentException($"{name} '{text}' is not a number from 0 to below 1");
    }
}
