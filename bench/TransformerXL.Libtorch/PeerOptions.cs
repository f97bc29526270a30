using System.Globalization;

namespace TransformerXL.Libtorch;

/// <summary>The shape and mode of one measurement; the same as those of <c>txl bench</c>.</summary>
internal sealed record PeerOptions
{
    public const int Vocabulary = 205;

    public required string Model { get; init; }

    public required string Mode { get; init; }

    public required int Batch { get; init; }

    public required int Threads { get; init; }

    /// <summary>Whether products run in bfloat16; parameters, norms, softmax and loss stay float32, as under autocast.</summary>
    public required bool Half { get; init; }

    /// <summary>Whether attention uses the fused kernel of libtorch, with the positional term as its mask.</summary>
    public required bool Fused { get; init; }

    public required double Dropout { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int Size { get; init; }

    public required int Inner { get; init; }

    public required int Target { get; init; }

    public required int Memory { get; init; }

    public bool Trains => Mode == "train";

    public string Precision => Half ? "bf16" : "float32";

    /// <summary>Reads <c>--name value</c> pairs.</summary>
    /// <exception cref="ArgumentException">An option is unknown or its value is not allowed.</exception>
    public static PeerOptions Parse(string[] arguments)
    {
        Dictionary<string, string> given = Pairs(arguments);
        string model = OneOf(given, "--model", "small", "enwik8-base");
        string mode = OneOf(given, "--mode", "train", "evaluate", "generate");
        bool small = model == "small";
        int trained = small ? 128 : 512;
        return new PeerOptions
        {
            Model = model,
            Mode = mode,
            Batch = Number(given, "--batch", mode == "train" && small ? 16 : 1),
            Threads = Number(given, "--threads", 2),
            Half = given.ContainsKey("--precision") && OneOf(given, "--precision", "float32", "bf16") == "bf16",
            Fused = given.ContainsKey("--attention") && OneOf(given, "--attention", "plain", "fused") == "fused",
            Dropout = mode == "train" ? Fraction(given, "--dropout", 0.1) : 0,
            Layers = small ? 4 : 12,
            Heads = small ? 4 : 8,
            Size = small ? 256 : 512,
            Inner = small ? 1024 : 2048,
            Target = mode switch { "train" => trained, "evaluate" => 128, _ => 1 },
            Memory = mode == "evaluate" ? 2 * trained : trained,
        };
    }

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
