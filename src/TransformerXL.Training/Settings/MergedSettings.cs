using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using TransformerXL.Files;
using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Training.Settings;

/// <summary>
/// Layers of JSON merged in order over the defaults of the family that the last of them names. The last layer that writes a member is its origin.
/// </summary>
internal sealed class MergedSettings
{
    private const string Optimizer = "training.optimizer", Kind = "kind";
    private readonly Dictionary<string, SettingOrigin> _origins = [];
    private readonly JsonObject _values;

    private MergedSettings(string? kind)
    {
        _values = JsonSerializer.SerializeToNode(RunDefaults.Configuration, Type)!.AsObject();
        if (kind is not null)
        {
            // The defaults of the family, not those of the family that is the default.
            _values["model"] = Variants.Convert(kind, new JsonObject { ["vocabularySize"] = _values["model"]!["vocabularySize"]!.DeepClone() }, RunDefaults.Of);
        }
    }

    /// <summary>The last source of each member; members that no source wrote are missing.</summary>
    public IReadOnlyDictionary<string, SettingOrigin> Origins => _origins;

    private static JsonTypeInfo<RunConfiguration> Type => RunJson.Default.RunConfiguration;

    private static JsonVariants Variants => JsonVariants.Of(RunJson.Default.ModelConfiguration)!;

    /// <summary>Merges layers, the first below.</summary>
    /// <exception cref="InputException">A member is not known or has a value of another type; the message names it, and the file if it came from one.</exception>
    public static MergedSettings Of(IReadOnlyList<SettingLayer> layers)
    {
        string? kind = layers.Select(KindIn).LastOrDefault(kind => kind is not null);
        MergedSettings merged = new(kind);
        foreach (SettingLayer layer in layers)
        {
            try
            {
                merged.Lay(layer, kind);
            }
            catch (Exception exception) when (exception is JsonException or InputException && layer.Origin.Kind == SettingOriginKind.File)
            {
                throw new InputException($"{layer.Origin.Name}: {exception.Message}", exception) { Member = (exception as InputException)?.Member };
            }
        }

        return merged;
    }

    /// <summary>The values as a configuration.</summary>
    public RunConfiguration ToConfiguration() => _values.Deserialize(Type)!;

    /// <summary>The family that a layer names, if there is one of that name; another name is refused when the layer is laid.</summary>
    private static string? KindIn(SettingLayer layer) =>
        layer.Find("model." + Variants.Discriminator) is JsonValue value && value.TryGetValue(out string? name) && Variants.Names.Contains(name) ? name : null;

    private void Lay(SettingLayer layer, string? kind)
    {
        BringOptimizer(layer);
        JsonObject values = layer.Values;
        if (KindIn(layer) is not null)
        {
            // Whatever family a layer was written for: it is laid over the family that was chosen at last.
            values = values.DeepClone().AsObject();
            values["model"]![Variants.Discriminator] = kind;
        }

        Write(new JsonOverlay(RunDefaults.Of).Lay(Type, _values, values), layer.Origin);
    }

    /// <summary>Another optimizer than before brings its customary constants.</summary>
    private void BringOptimizer(SettingLayer layer)
    {
        JsonObject training = _values["training"]!.AsObject(), present = training["optimizer"]!.AsObject();
        if (layer.Find($"{Optimizer}.{Kind}") is JsonValue value && value.TryGetValue(out string? name)
            && Enum.TryParse(name, out OptimizerKind kind) && Enum.IsDefined(kind) && name != present[Kind]!.GetValue<string>())
        {
            OptimizerOptions options = present.Deserialize(RunJson.Default.OptimizerOptions)!.For(kind);
            JsonObject customary = JsonSerializer.SerializeToNode(options, RunJson.Default.OptimizerOptions)!.AsObject();
            Write(customary.Where(pair => !JsonNode.DeepEquals(pair.Value, present[pair.Key])).Select(pair => $"{Optimizer}.{pair.Key}"), layer.Origin);
            training["optimizer"] = customary;
        }
    }

    private void Write(IEnumerable<string> members, SettingOrigin origin)
    {
        foreach (string member in members)
        {
            _origins[member] = origin;
        }
    }
}
