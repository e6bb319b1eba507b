"""What is read of membership's events about members."""

from infra.fields import Data, Id


class ErasedData(Data):
    """member_erased."""

    member_id = Id(required=True)


class MergedData(Data):
    """member_merged."""

    member_id = Id(required=True)
    into_id = Id(required=True)
