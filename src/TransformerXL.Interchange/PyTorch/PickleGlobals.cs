using System.Collections.Frozen;
using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>
/// The names that a pickle may use, and what they mean here. None of them is ever looked up in a program: each is replaced
/// by a few lines of this library that build plain data.
/// </summary>
internal static class PickleGlobals
{
    private static readonly FrozenDictionary<string, PickleGlobal> Known = All().ToFrozenDictionary(StringComparer.Ordinal);

    public static bool TryFind(string name, out PickleGlobal global) => Known.TryGetValue(name, out global);

    /// <summary>The element type of a storage class of PyTorch.</summary>
    public static SafetensorsType? StorageType(string name) => name switch
    {
        "torch.DoubleStorage" => SafetensorsType.F64,
        "torch.FloatStorage" => SafetensorsType.F32,
        "torch.HalfStorage" => SafetensorsType.F16,
        "torch.BFloat16Storage" => SafetensorsType.BF16,
        "torch.LongStorage" => SafetensorsType.I64,
        "torch.IntStorage" => SafetensorsType.I32,
        "torch.ShortStorage" => SafetensorsType.I16,
        "torch.CharStorage" => SafetensorsType.I8,
        "torch.ByteStorage" => SafetensorsType.U8,
        "torch.BoolStorage" => SafetensorsType.BOOL,
        _ => null,
    };

    private static IEnumerable<KeyValuePair<string, PickleGlobal>> All()
    {
        yield return new("collections.OrderedDict", PickleGlobal.Dictionary);
        yield return new("collections.Counter", PickleGlobal.Dictionary);
        yield return new("collections.defaultdict", PickleGlobal.DefaultDictionary);
        yield return new("torch.Size", PickleGlobal.Size);
        yield return new("torch._utils._rebuild_tensor", PickleGlobal.Tensor);
        yield return new("torch._utils._rebuild_tensor_v2", PickleGlobal.Tensor);
        yield return new("torch._utils._rebuild_parameter", PickleGlobal.Parameter);
        yield return new("torch._utils._rebuild_parameter_with_state", PickleGlobal.Parameter);
        yield return new("torch.nn.parameter.Parameter", PickleGlobal.Parameter);
        yield return new("torch.device", PickleGlobal.Description);
        yield return new("re._compile", PickleGlobal.Description);
        yield return new("_codecs.encode", PickleGlobal.Encode);
        yield return new("copy_reg._reconstructor", PickleGlobal.Reconstructor);
        yield return new("copyreg._reconstructor", PickleGlobal.Reconstructor);
        foreach (string module in new[] { "builtins", "__builtin__" })
        {
            yield return new(module + ".set", PickleGlobal.Set);
            yield return new(module + ".frozenset", PickleGlobal.Set);
            yield return new(module + ".dict", PickleGlobal.Dictionary);
            foreach (string type in new[] { "object", "list", "tuple", "int", "long", "float", "bool", "str", "unicode" })
            {
                yield return new($"{module}.{type}", PickleGlobal.Constant);
            }
        }

        foreach (string storage in new[] { "Double", "Float", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool" })
        {
            yield return new($"torch.{storage}Storage", PickleGlobal.Constant);
        }

        foreach (string type in new[] { "float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool" })
        {
            yield return new("torch." + type, PickleGlobal.Constant);
        }
    }
}
